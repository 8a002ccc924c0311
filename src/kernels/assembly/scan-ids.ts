// The exact scan of rows that lie here and there.
import { distance } from './distance'
import { dotProduct } from './float-distances'
import { offer } from './heap'
import { FLOAT32 } from './shape'
import { storedBytes, widenRow } from './widen'

/**
 * Offers the rows of `ids`, which come in any order, to a heap, as `firstId` + id. Rows are of floats.
 * @param mask a bit for each of the ids, in whole words of 64; 0: all
 * @param near the least distance that counts
 * @param scratch a row of float32 where rows are stored as something else
 */
export function scanIds(
  metric: u32, element: u32, width: u32, rows: usize, ids: usize, idCount: u32, mask: usize,
  query: usize, near: f32, firstId: u32, heap: usize, k: u32, scratch: usize,
): void {
  const stored = storedBytes(element, width)
  const squared = dotProduct(query, query, width)
  for (let index: u32 = 0; index < idCount; index++) {
    if (mask != 0 && !((load<u8>(mask + (index >> 3)) >> <u8>(index & 7)) & 1)) continue
    const id = load<u32>(ids + (<usize>index << 2))
    let row = rows + <usize>id * stored
    if (element != FLOAT32) {
      widenRow(element, width, row, scratch)
      row = scratch
    }
    const d = distance(metric, width, query, squared, row)
    if (d < near) continue
    offer(heap, k, d, firstId + id)
  }
}
