import type { FixedColumn } from '../column/column.js'
import { DataType } from '../schema/data-type.js'
import { plainField } from '../schema/field.js'

/**
 * A column of imported segments alone: the place of each row in the input of its job. A job that fills
 * several partitions side by side has it where the first or the last row of a key counts; else the order of
 * its segments says it. No user's field has such a name, or this id, which is Milvus's for row ids.
 */
export const importOrderField = plainField(0, '$order', DataType.Double)

/** More rows than a unit of an import ever has; 131,072 units keep their places exact. */
const unitRowsMax = 2 ** 36

/** The places of a unit's rows, from the unit's row `rowBegin` on. */
export function importOrderColumn(
  unitIndex: number,
  rowBegin: number,
  rowCount: number,
): FixedColumn {
  const first = unitIndex * unitRowsMax + rowBegin
  const values = Float64Array.from({ length: rowCount }, (_, row) => first + row)
  return { shape: 'fixed', values, width: 1, validity: null }
}
