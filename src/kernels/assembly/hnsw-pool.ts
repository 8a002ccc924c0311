// The nearest nodes a walk has found, sorted: u64 keys, the distance in the upper half, the node in
// the lower, whose top bit says that the walk went on from there. What falls out at the end is
// forgotten. A walk that goes over masked rows as over any others has a pool of both: a bit says which
// may be found, and it ends behind as many of those as are wanted.

const expandedBit: u64 = 0x80000000
const findableBit: u64 = 0x40000000
const nodeBits: u32 = 0x3fffffff

export let pool: usize = 0
export let poolCount: u32 = 0
/** Distances from here on need not be offered. */
export let poolLimit: u32 = 0
let capacity: u32 = 0
let next: u32 = 0
let findableMax: u32 = 0
let findableCount: u32 = 0

/** Makes an empty pool of `size` places; one more is used. */
export function openPool(at: usize, size: u32): void {
  pool = at
  capacity = size
  poolCount = 0
  poolLimit = u32.MAX_VALUE
  next = 0
}

/** Of both kinds: it ends behind `findable` that may be found. */
export function openMixedPool(at: usize, size: u32, findable: u32): void {
  openPool(at, size)
  findableMax = findable
  findableCount = 0
}

export function offerToMixedPool(distance: u32, node: u32, isFindable: bool): void {
  if (distance >= poolLimit) return
  const place = placeOf(distance)
  const at = pool + (<usize>place << 3)
  moveUp(at, pool + (<usize>poolCount << 3))
  store<u64>(at, (<u64>distance << 32) | (isFindable ? findableBit : 0) | <u64>node)
  poolCount++
  findableCount += u32(isFindable)
  if (place < next) next = place
  while (findableCount > findableMax || poolCount > capacity) dropLast()
  if (findableCount == findableMax) while (!isFindableAt(poolCount - 1)) poolCount--
  if (findableCount == findableMax || poolCount == capacity) {
    poolLimit = load<u32>(pool + (<usize>(poolCount - 1) << 3), 4)
  }
}

@inline
function dropLast(): void {
  poolCount--
  findableCount -= u32(isFindableAt(poolCount))
}

@inline
function isFindableAt(place: u32): bool {
  return (load<u64>(pool + (<usize>place << 3)) & findableBit) != 0
}

/** Leaves those that may be found. */
export function dropMasked(): void {
  let kept: u32 = 0
  for (let place: u32 = 0; place < poolCount; place++) {
    if (!isFindableAt(place)) continue
    store<u64>(pool + (<usize>kept << 3), load<u64>(pool + (<usize>place << 3)))
    kept++
  }
  poolCount = kept
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
    return <u32>key & nodeBits
  }
  return u32.MAX_VALUE
}

@inline
export function pooledNode(place: u32): u32 {
  return load<u32>(pool + (<usize>place << 3)) & nodeBits
}
