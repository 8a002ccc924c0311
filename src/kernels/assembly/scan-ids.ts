// The exact scan of rows that lie here and there. Each would be waited for where it is read, so some rows are
// touched before the first of them is computed: what they wait for is waited for once.
import { distance } from './distance'
import { dotProduct } from './float-distances'
import { offer } from './heap'
import { FLOAT32 } from './shape'
import { storedBytes, widenRow } from './widen'

/**
 * Offers the rows of `ids`, which come in any order, to a heap, as `firstId` + id. Rows are of floats.
 * @param mask a bit for each of the ids, in whole words of 64; 0: all
 * @param near the least distance that counts
 * @param scratch a row of float32
 */
export function scanIds(
  metric: u32, element: u32, width: u32, rows: usize, ids: usize, idCount: u32, mask: usize,
  query: usize, near: f32, firstId: u32, heap: usize, k: u32, scratch: usize,
): void {
  const stored = storedBytes(element, width)
  const squared = dotProduct(query, query, width)
  const together = <u32>max<usize>(1, min<usize>(touchedRows, touchedBytes / stored))
  let touched: u32 = 0
  for (let index: u32 = 0; index < idCount; index++) {
    if (mask == 0 && index == touched) {
      touched = min(idCount, index + together)
      touchRows(rows, stored, ids, index, touched, scratch)
    }
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

/**
 * Fills the ids that stand at the places of a heap.
 * @returns how many: places that hold nothing have none
 */
export function fillIds(heap: usize, k: u32, ids: usize, target: usize): u32 {
  let to = target
  for (const end = heap + (<usize>k << 3); heap < end; heap += 8) {
    if (load<u32>(heap, 4) == u32.MAX_VALUE) continue
    store<u32>(to, load<u32>(ids + (<usize>load<u32>(heap) << 2)))
    to += 4
  }
  return <u32>((to - target) >> 2)
}

/** As many as the processor waits for at once, and no more than its nearest cache holds. */
const touchedRows: usize = 8
const touchedBytes: usize = 16384
const lineBytes: usize = 64

/** Reads a byte of each of their lines. */
function touchRows(
  rows: usize, stored: usize, ids: usize, begin: u32, end: u32, sink: usize,
): void {
  let sum: u32 = 0
  for (let index = begin; index < end; index++) {
    const row = rows + <usize>load<u32>(ids + (<usize>index << 2)) * stored
    for (let at = row; at < row + stored; at += lineBytes) sum += load<u8>(at)
  }
  // Reads whose sum nobody wants would be left out.
  store<u32>(sink, sum)
}
