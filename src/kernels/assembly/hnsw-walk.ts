// A walk over one level: from node to node, always on from the nearest that was found.
import { codeDistance, codeDistances } from './hnsw-distances'
import { capacityOf, codeOf, linksOf, NONE } from './hnsw-layout'
import { offerToPool, poolLimit, takeFromPool } from './hnsw-pool'
import { logVisits, visit, visitAnew } from './hnsw-visits'

/** Nodes whose distances are to be computed together, and those distances. */
let batch: usize = 0
let distances: usize = 0
let batchCount: u32 = 0
let touched: u32 = 0

/** Room for as many nodes as a step may find, in whole groups of four. */
export function batchBytes(m: u32): usize {
  return (<usize>m << 5) + 64
}

export function openBatch(at: usize, m: u32): void {
  batch = at
  distances = at + (<usize>m << 4) + 32
  batchCount = 0
}

@inline
export function batchedCount(): u32 {
  return batchCount
}

/**
 * Puts a node into the batch. Its code is touched, so that the codes of a whole batch are on their
 * way from the memory at once.
 */
@inline
export function addToBatch(node: u32): void {
  store<u32>(batch + (<usize>batchCount << 2), node)
  batchCount++
  touched += load<u8>(codeOf(node))
}

/** A node that the walk meets for the first time. */
@inline
export function visitInBatch(node: u32): void {
  visit(node)
  addToBatch(node)
}

@inline
export function batchedNode(place: u32): u32 {
  return load<u32>(batch + (<usize>place << 2))
}

@inline
export function batchedDistance(place: u32): u32 {
  return load<u32>(distances + (<usize>place << 2))
}

/** Computes the distances of the batch. @returns how many; the batch is empty for the next ones. */
export function measureBatch(query: usize): u32 {
  const count = batchCount
  batchCount = 0
  if (count == 0) return 0
  const last = batchedNode(count - 1)
  for (let place = count; place & 3; place++) store<u32>(batch + (<usize>place << 2), last)
  for (let at: usize = 0; at < <usize>count << 2; at += 16) {
    const nodes = batch + at
    const measured = codeDistances(
      query,
      codeOf(load<u32>(nodes)), codeOf(load<u32>(nodes, 4)),
      codeOf(load<u32>(nodes, 8)), codeOf(load<u32>(nodes, 12)),
    )
    v128.store(distances + at, measured)
  }
  return count
}

/** Fills the pool with the nodes that are nearest, beginning with those it has. */
export function walkLevel(query: usize, level: u32): void {
  for (let node = takeFromPool(); node != NONE; node = takeFromPool()) stepFrom(node, query, level)
}

function stepFrom(node: u32, query: usize, level: u32): void {
  visitNeighborsOf(node, level)
  offerBatch(query)
}

/** Goes on from two nodes: what one of them waits for, the other waits for as well. */
export function stepFromBoth(node: u32, other: u32, query: usize): void {
  visitNeighborsOfBoth(node, other)
  offerBatch(query)
}

/** Of a node on level 0, and of another one if there is one. The batch was empty. */
export function visitNeighborsOfBoth(node: u32, other: u32): void {
  if (other != NONE) touchLinks(other)
  let end = listNeighborsOf(node, 0, batch)
  if (other != NONE) end = listNeighborsOf(other, 0, end)
  closeBatch(end)
}

function touchLinks(node: u32): void {
  const links = linksOf(node, 0)
  for (let at = links, end = links + (<usize>capacityOf(0) << 2); at < end; at += 64) {
    touched += load<u8>(at)
  }
}

/** Those it has not met. The batch was empty. */
export function visitNeighborsOf(node: u32, level: u32): void {
  closeBatch(listNeighborsOf(node, level, batch))
}

/** @returns the end of the list of those that were not visited */
function listNeighborsOf(node: u32, level: u32, list: usize): usize {
  const links = linksOf(node, level)
  for (let at = links, end = links + (<usize>capacityOf(level) << 2); at < end; at += 4) {
    const neighbor = load<u32>(at)
    if (neighbor == NONE) break
    store<u32>(list, neighbor)
    list += <usize>visitAnew(neighbor) << 2
  }
  return list
}

/** All of its codes are on their way from the memory at once. */
function closeBatch(end: usize): void {
  let sum: u32 = 0
  for (let at = batch; at < end; at += 4) sum += load<u8>(codeOf(load<u32>(at)))
  touched += sum
  logVisits(batch, end)
  batchCount = <u32>((end - batch) >> 2)
}

function offerBatch(query: usize): void {
  const count = measureBatch(query)
  for (let place: u32 = 0; place < count; place++) {
    const distance = batchedDistance(place)
    if (distance < poolLimit) offerToPool(distance, batchedNode(place))
  }
}

/** The node at which no neighbor is nearer, on each level from `from` down to above `to`. */
export function descend(query: usize, node: u32, from: u32, to: u32): u32 {
  let nearest = codeDistance(query, codeOf(node))
  for (let level = from; level > to; level--) {
    for (let before = NONE; before != node; ) {
      before = node
      addNeighborsToBatch(before, level)
      const count = measureBatch(query)
      for (let place: u32 = 0; place < count; place++) {
        if (batchedDistance(place) >= nearest) continue
        nearest = batchedDistance(place)
        node = batchedNode(place)
      }
    }
  }
  return node
}

/** All of them, visited or not. */
export function addNeighborsToBatch(node: u32, level: u32): void {
  let at = linksOf(node, level)
  for (const end = at + (<usize>capacityOf(level) << 2); at < end; at += 4) {
    const neighbor = load<u32>(at)
    if (neighbor == NONE) break
    addToBatch(neighbor)
  }
}
