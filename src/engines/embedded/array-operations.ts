import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, ListColumn } from '../../column/column.js'
import { layoutOf } from '../../column/column.js'
import { columnBuilder } from '../../column/column-builder.js'
