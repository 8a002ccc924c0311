/**
 * Nulls on the wire. A sender gives a flag for each row, and either a value for each row or only for
 * those that have one; an answer has a value for each row of a scalar field, and only the vectors there are.
 */
import { hasBit } from '../column/bitmap.js'
import { type Column, type FixedValues, layoutOf } from '../column/column.js'
import { growableColumn } from '../column/growable-column.js'
import type { DefaultValue, Field } from '../schema/field.js'
import { bytesColumnFromStrings } from './bytes-column.js'

/** A column of one row for each flag: null, or the field's default, where it is false. */
export function spreadColumn(
  field: Field,
  column: Column,
  isDropped: boolean,
  validData: readonly boolean[],
  defaultValue: DefaultValue | null,
): Column {
  const spread = growableColumn(layoutOf(field))
  const filler = defaultValue === null ? null : defaultRow(field, defaultValue)
  let sourceRow = 0
  for (let row = 0; row < validData.length; ) {
    const end = runEnd(validData, row)
    if (!validData[row]) {
      if (filler === null) spread.appendNulls(end - row)
      else for (let missing = row; missing < end; missing++) spread.append(filler, 0, 1)
      if (!isDropped) sourceRow += end - row
    } else {
      spread.append(column, sourceRow, sourceRow + end - row)
      sourceRow += end - row
    }
    row = end
  }
  return spread.snapshot()
}

export function validDataFromColumn({ validity }: Column, rowCount: number): boolean[] {
  const flags: boolean[] = new Array(rowCount)
  for (let row = 0; row < rowCount; row++) flags[row] = validity === null || hasBit(validity, row)
  return flags
}

/** The offsets of the rows that have a value. */
export function validRowOffsets(validData: readonly boolean[]): Int32Array {
  const rowOffsets = new Int32Array(validData.length)
  let count = 0
  validData.forEach((isValid, row) => {
    if (isValid) rowOffsets[count++] = row
  })
  return rowOffsets.subarray(0, count)
}

function runEnd(flags: readonly boolean[], begin: number): number {
  let end = begin + 1
  while (end < flags.length && flags[end] === flags[begin]) end++
  return end
}

function defaultRow(field: Field, value: DefaultValue): Column {
  const layout = layoutOf(field)
  if (layout.shape !== 'fixed') return bytesColumnFromStrings([String(value)])
  const values: FixedValues = new layout.valuesType(1)
  values[0] = (typeof value === 'boolean' ? Number(value) : value) as never
  return { shape: 'fixed', values, width: 1, validity: null }
}
