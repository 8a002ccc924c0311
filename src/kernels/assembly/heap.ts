// The k nearest so far: a heap of u64 keys whose top is the farthest. The key's upper half is the
// distance, its bits turned so that they sort as unsigned integers; the lower half is the row's id. So a
// tie goes to the smaller id, and all ones mean "nothing yet": a place that every distance wins.

/** The farthest distance held. NaN while the heap has room: `!(distance >= NaN)` lets everything in. */
@inline
export function thresholdOf(heap: usize): f32 {
  const bits = load<u32>(heap, 4)
  return reinterpret<f32>(bits ^ (<u32>~(<i32>bits >> 31) | 0x80000000))
}

export function offer(heap: usize, k: u32, distance: f32, id: u32): void {
  const key = keyOf(distance, id)
  if (key < load<u64>(heap)) siftDown(heap, k, key)
}

/** Ascending; the places that hold nothing come last. */
export function sortHeap(heap: usize, k: u32): void {
  for (let count = k - 1; count > 0; count--) {
    const last = at(heap, count)
    const key = load<u64>(last)
    store<u64>(last, load<u64>(heap))
    siftDown(heap, count, key)
  }
}

/** NaN, which only an overflow can make, is as far as can be; −0 is 0. */
@inline
function keyOf(distance: f32, id: u32): u64 {
  const finite: f32 = distance == distance ? distance + 0 : Infinity
  const bits = reinterpret<u32>(finite)
  return (<u64>(bits ^ (<u32>(<i32>bits >> 31) | 0x80000000)) << 32) | <u64>id
}

/** Puts a key in the place of the top. */
function siftDown(heap: usize, count: u32, key: u64): void {
  let place: u32 = 0
  while (true) {
    let child: u32 = 2 * place + 1
    if (child >= count) break
    if (child + 1 < count && load<u64>(at(heap, child + 1)) > load<u64>(at(heap, child))) child++
    const childKey = load<u64>(at(heap, child))
    if (childKey <= key) break
    store<u64>(at(heap, place), childKey)
    place = child
  }
  store<u64>(at(heap, place), key)
}

@inline
function at(heap: usize, place: u32): usize {
  return heap + (<usize>place << 3)
}
