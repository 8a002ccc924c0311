/** The offsets of a column whose rows all have the same length. */
export function regularOffsets(rowCount: number, rowLength: number): Int32Array {
  const offsets = new Int32Array(rowCount + 1)
  for (let row = 1; row <= rowCount; row++) offsets[row] = row * rowLength
  return offsets
}
