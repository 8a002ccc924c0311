import type { ListColumn } from '../../column/column.js'
import { sliceColumn } from '../../column/slice.js'
import type { FileColumn } from './arrow-conversion.js'

/** Rows `[rowBegin, rowEnd)` of a file's column. */
export function sliceFileColumn(column: FileColumn, rowBegin: number, rowEnd: number): FileColumn {
  if (column.shape !== 'nested') return sliceColumn(column, rowBegin, rowEnd)
  const { offsets, validity } = sliceColumn(
    { ...column, shape: 'list', child: noValues },
    rowBegin,
    rowEnd,
  ) as ListColumn
  return { ...column, offsets, validity }
}

const noValues = { shape: 'fixed', values: new Uint8Array(0), width: 1, validity: null } as const
