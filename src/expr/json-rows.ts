import { Buffer } from 'node:buffer'
import type { BytesColumn } from '../column/column.js'
import { type JsonStep, jsonKindAt, jsonLocate } from './json-scan.js'

/** Where a value of a document lies: it begins at `position`, the document ends at `end`. */
type Visit = (row: number, bytes: Buffer, position: number, end: number) => void

/**
 * Visits what lies at a path of each row's document, of the rows that have something there.
 * @param kind what it must be; null: anything
 */
export function eachJsonValue(
  path: readonly JsonStep[],
  column: BytesColumn,
  rowCount: number,
  kind: ReturnType<typeof jsonKindAt> | null,
  visit: Visit,
): void {
  const bytes = bufferOf(column)
  const { offsets } = column
  for (let row = 0; row < rowCount; row++) {
    const end = offsets[row + 1]
    const position = jsonLocate(bytes, offsets[row], end, path)
    if (position < 0 || (kind !== null && jsonKindAt(bytes, position) !== kind)) continue
    visit(row, bytes, position, end)
  }
}

function bufferOf({ bytes }: BytesColumn): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
