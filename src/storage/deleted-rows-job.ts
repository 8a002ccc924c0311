import { bitmapWithLength, setBit } from '../column/bitmap.js'
import type { Column } from '../column/column.js'
import { comparePks, pkAt, rowsOfPk } from '../segment/pk-order.js'
import type { PrimaryKey } from '../segment/segment-file.js'
import { giveWay } from '../workers/give-way.js'

/** A segment's keys and those of rows that are deleted. */
export interface DeletedRowsInput {
  readonly deletions: readonly { readonly keys: Column; readonly rowCount: number }[]
  readonly column: Column
  readonly order: Uint32Array | null
  readonly rowCount: number
  readonly pkMin: PrimaryKey
  readonly pkMax: PrimaryKey
}

/** Worker module, and a function where keys are few. @returns a set bit for each of the rows; null: there are none */
export function run({
  deletions,
  column,
  order,
  rowCount,
  pkMin,
  pkMax,
}: DeletedRowsInput): Uint8Array | null {
  let deleted: Uint8Array | null = null
  for (const { keys, rowCount: keyCount } of deletions) {
    for (let index = 0; index < keyCount; index++) {
      giveWay()
      const key = pkAt(keys, index)
      if (comparePks(key, pkMin) < 0 || comparePks(key, pkMax) > 0) continue
      for (const row of rowsOfPk(column, rowCount, order, key)) {
        deleted ??= bitmapWithLength(rowCount)
        setBit(deleted, row)
      }
    }
  }
  return deleted
}
