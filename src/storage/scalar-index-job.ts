import type { BytesColumn, Column } from '../column/column.js'
import { evaluateValue } from '../expr/evaluate-value.js'
import { buildBoxTree } from '../indexes/scalar/box-tree.js'
import { buildValueIndex } from '../indexes/scalar/build-value-index.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { type IndexedPath, valueAtPath } from './indexed-path.js'

/** A column of a segment, or a path in its documents, whose values are indexed. */
export interface ScalarIndexInput {
  readonly column: Column
  readonly rowCount: number
  readonly field: Field
  readonly json: IndexedPath | null
}

/** @returns the bytes of the index's file, in shared memory */
export function run({ column, rowCount, field, json }: ScalarIndexInput): Uint8Array {
  if (field.dataType === DataType.Geometry) return buildBoxTree(column as BytesColumn, rowCount)
  if (json === null) return buildValueIndex(column, rowCount)
  const columns = new Map([[field.fieldId, column]])
  return buildValueIndex(evaluateValue(valueAtPath(field, json), columns, rowCount), rowCount)
}
