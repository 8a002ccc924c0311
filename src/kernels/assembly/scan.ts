// The exact scan: the k nearest rows of each query, over the rows whose bit is set.
import { hammingDistance } from './binary-distances'
import { distance } from './distance'
import { offer, sortHeap, thresholdOf } from './heap'
import { blockRows, FLOAT32, HAMMING, JACCARD } from './shape'
import { fillQueryTerms, scanTiles, squaredOf, wideBlockOf } from './tile'
import { storedBytes, widenBlock } from './widen'

export function clearHeaps(heaps: usize, nq: u32, k: u32): void {
  memory.fill(heaps, 0xff, (<usize>nq * k) << 3)
}

export function sortHeaps(heaps: usize, nq: u32, k: u32): void {
  for (let query: u32 = 0; query < nq; query++) sortHeap(heaps + ((<usize>query * k) << 3), k)
}

/**
 * Offers rows to the heaps. Ids ascend from `firstId` and must ascend from call to call, so that a row
 * as far as the threshold need not be offered.
 * @param element what rows of floats are stored as; queries are float32
 * @param width components, or bytes of bits, of a row
 * @param mask a bit for each row, in whole words of 64; 0: all rows
 * @param near the least distance that counts
 * @param scratch 1,024 bytes, 12 for each query, their number rounded up to a multiple of 4, and a block
 *   of rows of float32 where rows are stored as something else
 */
export function scan(
  metric: u32, element: u32, width: u32, rows: usize, rowCount: u32, firstId: u32, mask: usize,
  queries: usize, nq: u32, near: f32, heaps: usize, k: u32, scratch: usize,
): void {
  const isFloat = metric < HAMMING
  const isWidened = isFloat && element != FLOAT32
  const stored: usize = isFloat ? storedBytes(element, width) : width
  const stride: usize = isFloat ? <usize>width << 2 : width
  // What is no part of the other has the distance -1, and is not found.
  const least = metric > JACCARD ? max<f32>(near, 0) : near
  if (isFloat) fillQueryTerms(metric, width, queries, nq, scratch)
  for (let begin: u32 = 0; begin < rowCount; begin += blockRows) {
    const bits = survivors(mask, begin, rowCount)
    if (bits == 0) continue
    let block = rows + <usize>begin * stored
    if (stored >= lineBytes && popcnt(bits) <= touchedRowsMax) touchRows(block, stored, bits)
    if (isWidened) {
      const wide = wideBlockOf(scratch, nq)
      widenBlock(element, width, block, bits, wide)
      block = wide
    }
    const id = firstId + begin
    if (isFloat && nq > 2) {
      scanTiles(metric, width, block, bits, id, queries, nq, least, heaps, k, scratch)
    } else if (metric == HAMMING) {
      scanHamming(width, block, bits, id, queries, nq, least, heaps, k)
    } else {
      scanEach(metric, width, stride, block, bits, id, queries, nq, least, heaps, k, scratch)
    }
  }
}

/** The bits of up to 64 rows that may be found. */
function survivors(mask: usize, begin: u32, rowCount: u32): u64 {
  const bits = mask == 0 ? u64.MAX_VALUE : load<u64>(mask + (begin >> 3))
  const left = rowCount - begin
  return left < blockRows ? bits & ((<u64>1 << left) - 1) : bits
}

/**
 * Reads of each row's lines. Rows that lie here and there would be waited for one by one, where those that lie one after
 * the other are fetched ahead by the processor.
 */
function touchRows(block: usize, stored: usize, bits: u64): void {
  const bytes = min(stored, touchedBytesMax)
  for (let rest = bits; rest != 0; rest &= rest - 1) {
    const row = block + <usize>ctz(rest) * stored
    for (let at: usize = 0; at < bytes; at += lineBytes) touched += load<u8>(row + at)
  }
}

const lineBytes: usize = 64
const touchedBytesMax: usize = 512
const touchedRowsMax: u64 = 40
let touched: u32 = 0

function scanEach(
  metric: u32, width: u32, stride: usize, block: usize, bits: u64, firstId: u32,
  queries: usize, nq: u32, near: f32, heaps: usize, k: u32, scratch: usize,
): void {
  for (let index: u32 = 0; index < nq; index++) {
    const query = queries + <usize>index * stride
    const squared = squaredOf(scratch, nq, index)
    const heap = heaps + ((<usize>index * k) << 3)
    let threshold = thresholdOf(heap)
    for (let rest = bits; rest != 0; rest &= rest - 1) {
      const row = <u32>ctz(rest)
      const d = distance(metric, width, query, squared, block + <usize>row * stride)
      if (d >= threshold || d < near) continue
      offer(heap, k, d, firstId + row)
      threshold = thresholdOf(heap)
    }
  }
}

/** As above: to find out the metric for each row would take as long as the distance of a short one. */
function scanHamming(
  width: u32, block: usize, bits: u64, firstId: u32,
  queries: usize, nq: u32, near: f32, heaps: usize, k: u32,
): void {
  for (let index: u32 = 0; index < nq; index++) {
    const query = queries + <usize>index * width
    const heap = heaps + ((<usize>index * k) << 3)
    let threshold = thresholdOf(heap)
    for (let rest = bits; rest != 0; rest &= rest - 1) {
      const row = <u32>ctz(rest)
      const d = hammingDistance(query, block + <usize>row * width, width)
      if (d >= threshold || d < near) continue
      offer(heap, k, d, firstId + row)
      threshold = thresholdOf(heap)
    }
  }
}
