import { hasBit } from '../../column/bitmap.js'

/**
 * `sampleCount` different rows that have a vector, in no order: the same ones for the same rows, so that a
 * build can be repeated.
 */
export function sampledRows(
  rowCount: number,
  validity: Uint8Array | null,
  sampleCount: number,
): Uint32Array {
  const rows = new Uint32Array(rowCount)
  let count = 0
  for (let row = 0; row < rowCount; row++) {
    if (validity === null || hasBit(validity, row)) rows[count++] = row
  }
  let state = 0x9e3779b9
  for (let index = 0; index < sampleCount; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const other = index + Math.floor((state / 2 ** 32) * (count - index))
    const row = rows[other]
    rows[other] = rows[index]
    rows[index] = row
  }
  return rows.slice(0, sampleCount)
}
