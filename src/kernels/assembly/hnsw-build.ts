// Nodes are inserted by any number of threads at once. A list of neighbors is changed under a lock
// and read without: whatever a reader meets there is a node, and a search does not depend on a
// single one.
import { codeDistance, codeDistances, queryBytes, queryBytesOf, queryFromCode } from './hnsw-distances'
import {
  capacityOf, codeOf, entryLevel, entryNode, levelOf, linkMax, linksOf, NONE, nodeCount, setEntry,
} from './hnsw-layout'
import { offerToPool, openPool, pool, poolCount, pooledNode } from './hnsw-pool'
import { clearVisits, openVisits, visit, visitBytes } from './hnsw-visits'
import {
  addNeighborsToBatch, addToBatch, batchBytes, batchedDistance, batchedNode, descend, measureBatch,
  openBatch, walkLevel,
} from './hnsw-walk'

/**
 * Shared by all threads: { …, u32 lock of the entry, counters … }, the locks that nodes share, the
 * order.
 */
const sharedHeader: usize = 64
const lockCount: u32 = 4096

let shared: usize = 0
let order: usize = 0
let efConstruction: u32 = 0
/** Of this thread alone. */
let query: usize = 0
let other: usize = 0
let own: usize = 0
let selected: usize = 0
let sorted: usize = 0
let found: usize = 0

export function hnswSharedBytes(nodes: u32): usize {
  return sharedHeader + (<usize>lockCount << 2) + (<usize>nodes << 2)
}

/** Where the order of insertion lies in the shared bytes. */
export function hnswOrder(at: usize): usize {
  return at + sharedHeader + (<usize>lockCount << 2)
}

export function hnswBuildBytes(codeKind: u32, codeWidth: u32, nodes: u32, m: u32, ef: u32): usize {
  const lists = <usize>m * 32 + <usize>ef * 8 + 64
  return (queryBytesOf(codeKind, codeWidth) << 1) + lists + batchBytes(m) + visitBytes(nodes) + 64
}

/** @param scratch `hnswBuildBytes` bytes of this thread's own */
export function hnswOpenBuild(at: usize, ef: u32, scratch: usize): void {
  shared = at
  order = hnswOrder(at)
  efConstruction = ef
  query = (scratch + 15) & ~15
  other = query + queryBytes()
  const batch = other + queryBytes()
  openBatch(batch, linkMax)
  found = batch + batchBytes(linkMax)
  sorted = found + (<usize>ef + 2) * 8
  own = sorted + ((<usize>linkMax << 1) + 2) * 8
  selected = own + (<usize>linkMax << 2)
  openVisits((selected + (<usize>linkMax << 3) + 15) & ~15, nodeCount)
}

/** Inserts the nodes at the places `[first, end)` of the order. */
export function hnswInsert(first: u32, end: u32): void {
  for (let place = first; place < end; place++) insert(load<u32>(order + (<usize>place << 2)))
}

function insert(node: u32): void {
  const level = levelOf(node, linkMax)
  const entryLock = shared + 4
  lock(entryLock)
  const entry = entryNode()
  const top = entryLevel()
  const isFirst = entry == NONE
  const isHigher = isFirst || level > top
  if (!isHigher) unlock(entryLock)
  if (!isFirst) connect(node, level, entry, top)
  if (isHigher) {
    setEntry(node, level)
    unlock(entryLock)
  }
}

function connect(node: u32, ownLevel: u32, entry: u32, top: u32): void {
  queryFromCode(codeOf(node), query)
  let nearest = descend(query, entry, top, ownLevel)
  for (let level = min(ownLevel, top); ; level--) {
    clearVisits()
    visit(node)
    openPool(found, efConstruction)
    visit(nearest)
    offerToPool(codeDistance(query, codeOf(nearest)), nearest)
    walkLevel(query, level)
    nearest = pooledNode(0)
    link(node, level, selectNeighbors(pool, poolCount, linkMax))
    if (level == 0) break
  }
}

/** Neighbors that came while this node had none of its own stay. */
function link(node: u32, level: u32, count: u32): void {
  memory.copy(own, selected, <usize>count << 2)
  const nodeLock = lockOf(node)
  lock(nodeLock)
  for (let place: u32 = 0; place < count; place++) addLink(node, level, ownNode(place))
  unlock(nodeLock)
  for (let place: u32 = 0; place < count; place++) {
    const neighbor = ownNode(place)
    const neighborLock = lockOf(neighbor)
    lock(neighborLock)
    if (!addLink(neighbor, level, node)) replaceLinks(neighbor, level, node)
    unlock(neighborLock)
  }
}

@inline
function ownNode(place: u32): u32 {
  return load<u32>(own + (<usize>place << 2))
}

/** @returns whether there was room for it, or it was there */
function addLink(node: u32, level: u32, neighbor: u32): bool {
  let at = linksOf(node, level)
  for (const end = at + (<usize>capacityOf(level) << 2); at < end; at += 4) {
    const present = load<u32>(at)
    if (present == neighbor) return true
    if (present != NONE) continue
    store<u32>(at, neighbor)
    return true
  }
  return false
}

/** Chooses anew among the neighbors of a node that has as many as it may, and one more. */
function replaceLinks(node: u32, level: u32, added: u32): void {
  const links = linksOf(node, level)
  const capacity = capacityOf(level)
  queryFromCode(codeOf(node), other)
  addNeighborsToBatch(node, level)
  addToBatch(added)
  const count = measureBatch(other)
  for (let place: u32 = 0; place < count; place++) {
    insertSorted(place, batchedDistance(place), batchedNode(place))
  }
  const kept = selectNeighbors(sorted, count, capacity)
  memory.copy(links, selected, <usize>kept << 2)
  memory.fill(links + (<usize>kept << 2), 0xff, <usize>(capacity - kept) << 2)
}

function insertSorted(count: u32, distance: u32, node: u32): void {
  const key = (<u64>distance << 32) | <u64>node
  let at = sorted + (<usize>count << 3)
  for (; at > sorted && load<u64>(at - 8) > key; at -= 8) store<u64>(at, load<u64>(at - 8))
  store<u64>(at, key)
}

/**
 * Of a sorted list, the nodes that are nearer to its origin than to any node selected before: links
 * that lead to different places.
 * @returns how many are in `selected`
 */
function selectNeighbors(list: usize, count: u32, most: u32): u32 {
  let kept: u32 = 0
  for (let place: u32 = 0; place < count && kept < most; place++) {
    const at = list + (<usize>place << 3)
    const node = load<u32>(at) & 0x7fffffff
    if (isNearerToSelected(node, load<u32>(at, 4), kept)) continue
    store<u32>(selected + (<usize>kept << 2), node)
    kept++
  }
  return kept
}

function isNearerToSelected(node: u32, distance: u32, kept: u32): bool {
  if (kept == 0) return false
  queryFromCode(codeOf(node), other)
  const limit = i32x4.splat(distance)
  const last = kept - 1
  for (let place: u32 = 0; place < kept; place += 4) {
    const between = codeDistances(
      other,
      codeOf(selectedNode(place)), codeOf(selectedNode(min(place + 1, last))),
      codeOf(selectedNode(min(place + 2, last))), codeOf(selectedNode(min(place + 3, last))),
    )
    if (v128.any_true(i32x4.lt_u(between, limit))) return true
  }
  return false
}

@inline
function selectedNode(place: u32): u32 {
  return load<u32>(selected + (<usize>place << 2))
}

@inline
function lockOf(node: u32): usize {
  return shared + sharedHeader + (<usize>(node & (lockCount - 1)) << 2)
}

/** Whoever waits long sleeps: the holder may have lost its core. */
function lock(at: usize): void {
  for (let tries: u32 = 0; atomic.cmpxchg<i32>(at, 0, 1) != 0; tries++) {
    if (tries > 200) atomic.wait<i32>(at, 1, 100_000)
  }
}

@inline
function unlock(at: usize): void {
  atomic.store<i32>(at, 0)
}
