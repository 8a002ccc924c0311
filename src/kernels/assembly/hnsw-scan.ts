// A look at the codes of all nodes that may be found, in place of a walk. Codes lie one after the other, and a mask that
// leaves some makes their reads jump: so those that count are listed first, and asked for some together before the first
// of them is used.
import { codeDistances } from './hnsw-distances'
import { codeOf, rows, stride } from './hnsw-layout'
import { offerToPool, poolLimit } from './hnsw-pool'
import { isBehindNear, mask, query } from './hnsw-search'
import { unusedLog } from './hnsw-visits'

/** Looks at the codes of `[first, end)`, after `hnswStartScan`. */
export function hnswScanCodes(first: u32, end: u32): void {
  const list = unusedLog()
  for (let begin = first; begin < end; begin += listedTogether) {
    const count = listFindable(begin, min(end, begin + listedTogether), list)
    for (let place: u32 = 0; place < count; place += touchedTogether) {
      const at = list + (<usize>place << 2)
      const last = list + (<usize>(min(count, place + touchedTogether) - 1) << 2)
      touchCodes(at, last)
      for (let four = at; four <= last; four += 16) measureFour(four, last)
    }
  }
}

/** The log is as long, or has room for all nodes. */
const listedTogether: u32 = 4096
const touchedTogether: u32 = 32
const touchedBytesMax: usize = 512
let touched: u32 = 0

/** @returns how many */
function listFindable(first: u32, end: u32, list: usize): u32 {
  if (mask == 0) {
    for (let node = first, at = list; node < end; node++, at += 4) store<u32>(at, node)
    return end - first
  }
  const bits = mask
  let at = list, numbers = rows + (<usize>first << 2)
  for (let node = first; node < end; node++, numbers += 4) {
    const row = load<u32>(numbers)
    // A branch would be foretold wrongly too often.
    store<u32>(at, node)
    at += <usize>((load<u8>(bits + (row >> 3)) >> (row & 7)) & 1) << 2
  }
  return <u32>((at - list) >> 2)
}

function touchCodes(first: usize, last: usize): void {
  const bytes = min(stride, touchedBytesMax)
  for (let at = first; at <= last; at += 4) {
    const code = codeOf(load<u32>(at))
    for (let line: usize = 0; line < bytes; line += 64) touched += load<u8>(code + line)
  }
}

/** Behind the last one it is measured once more, for nobody. */
@inline
function measureFour(at: usize, last: usize): void {
  const a = load<u32>(at), b = load<u32>(min(at + 4, last))
  const c = load<u32>(min(at + 8, last)), d = load<u32>(min(at + 12, last))
  const distances = codeDistances(query, codeOf(a), codeOf(b), codeOf(c), codeOf(d))
  const near = i32x4.bitmask(i32x4.lt_u(distances, i32x4.splat(poolLimit)))
  if (near == 0) return
  if (near & 1) keep(i32x4.extract_lane(distances, 0), a)
  if (near & 2 && at + 4 <= last) keep(i32x4.extract_lane(distances, 1), b)
  if (near & 4 && at + 8 <= last) keep(i32x4.extract_lane(distances, 2), c)
  if (near & 8 && at + 12 <= last) keep(i32x4.extract_lane(distances, 3), d)
}

function keep(distance: u32, node: u32): void {
  if (isBehindNear(distance, node)) offerToPool(distance, node)
}
