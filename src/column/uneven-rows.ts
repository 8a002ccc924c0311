import { hasBit } from './bitmap.js'
import type { ListColumn } from './column.js'

/** The rows that have more elements in one column than in the other, or are null in one alone. */
export function unevenRows(one: ListColumn, other: ListColumn, rowCount: number): number[] {
  const rows: number[] = []
  for (let row = 0; row < rowCount; row++) {
    const isEven =
      lengthAt(one, row) === lengthAt(other, row) && isValid(one, row) === isValid(other, row)
    if (!isEven) rows.push(row)
  }
  return rows
}

function lengthAt({ offsets }: ListColumn, row: number): number {
  return offsets[row + 1] - offsets[row]
}

function isValid({ validity }: ListColumn, row: number): boolean {
  return validity === null || hasBit(validity, row)
}
