// Rows of float32 get the length 1.
import { dotProduct, isOrdinary } from './float-distances'

/** In place. A row of zeros, which has no direction, stays as it is. */
export function normalizeRow(row: usize, width: u32): void {
  const squared = dotProduct(row, row, width)
  if (!isOrdinary(squared)) {
    normalizeByDoubles(row, width)
    return
  }
  const factor: f32 = 1 / sqrt(squared)
  for (const end = row + (<usize>width << 2); row < end; row += 4) {
    store<f32>(row, load<f32>(row) * factor)
  }
}

/** Of a row so long or so short that its squares, or what it is multiplied by, are no float32. */
function normalizeByDoubles(row: usize, width: u32): void {
  const end = row + (<usize>width << 2)
  let squared: f64 = 0
  for (let at = row; at < end; at += 4) squared += <f64>load<f32>(at) * <f64>load<f32>(at)
  if (squared == 0) return
  const factor = 1 / sqrt(squared)
  for (let at = row; at < end; at += 4) store<f32>(at, <f32>(<f64>load<f32>(at) * factor))
}
