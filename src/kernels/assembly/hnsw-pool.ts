// The nearest nodes a walk has found, sorted: u64 keys, the distance in the upper half, the node in
// the lower, whose top bit says that the walk went on from there. What falls out at the end is
// forgotten.

const expandedBit: u64 = 0x80000000

export let pool: usize = 0
export let poolCount: u32 = 0
/** Distances from here on need not be offered. */
export let poolLimit: u32 = 0
let capacity: u32 = 0
let next: u32 = 0

/** Makes an empty pool of `size` places; one more is used. */
export function openPool(at: usize, size: u32): void {
  pool = at
  capacity = size
  poolCount = 0
  poolLimit = u32.MAX_VALUE
  next = 0
}

export function offerToPool(distance: u32, node: u32): void {
  if (distance >= poolLimit) return
  const place = placeOf(distance)
  const at = pool + (<usize>place << 3)
  moveUp(at, pool + (<usize>poolCount << 3))
  store<u64>(at, (<u64>distance << 32) | <u64>node)
  if (poolCount < capacity) poolCount++
  if (poolCount == capacity) poolLimit = load<u32>(pool + (<usize>(capacity - 1) << 3), 4)
  if (place < next) next = place
}

/** Makes room for one place; a call for every few bytes would cost more than they do. */
@inline
function moveUp(begin: usize, end: usize): void {
  if (end - begin > 512) {
    memory.copy(begin + 8, begin, end - begin)
    return
  }
  for (; end >= begin + 16; end -= 16) v128.store(end - 8, v128.load(end - 16))
  if (end > begin) store<u64>(end, load<u64>(end - 8))
}

/** Behind all that are as near. */
@inline
function placeOf(distance: u32): u32 {
  let low: u32 = 0, high = poolCount
  while (low < high) {
    const middle = (low + high) >> 1
    if (load<u32>(pool + (<usize>middle << 3), 4) <= distance) low = middle + 1
    else high = middle
  }
  return low
}

/** The nearest node from which the walk has not gone on; all ones where there is none. */
export function takeFromPool(): u32 {
  for (; next < poolCount; next++) {
    const at = pool + (<usize>next << 3)
    const key = load<u64>(at)
    if (key & expandedBit) continue
    store<u64>(at, key | expandedBit)
    next++
    return <u32>key
  }
  return u32.MAX_VALUE
}

@inline
export function pooledNode(place: u32): u32 {
  return load<u32>(pool + (<usize>place << 3)) & 0x7fffffff
}
