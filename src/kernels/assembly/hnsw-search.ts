// A search: the walk finds candidates by their codes, and their exact distances decide. It is cut into steps,
// between which it may be given up.
import { distance } from './distance'
import { dotProduct } from './float-distances'
import { offer } from './heap'
import { codeDistance, dotZero, queryBytes } from './hnsw-distances'
import { decode, hnswFloatBytes, normalize, queryFromFloats } from './hnsw-encode'
import {
  capacityOf, codeOf, entryLevel, entryNode, isBits, isSquared, JACCARD_BITS, kind, linkMax, linksOf, mean,
  NONE, nodeCount, normalizes, rowOf, stride, width,
} from './hnsw-layout'
import { offerToPool, openPool, poolCount, pooledNode, poolLimit, takeFromPool } from './hnsw-pool'
import { clearVisits, isVisited, openVisits, visit, visitBytes } from './hnsw-visits'
import {
  addToBatch, batchBytes, batchedCount, batchedDistance, batchedNode, descend, measureBatch, openBatch, stepFrom,
} from './hnsw-walk'
import { FLOAT32, HAMMING, IP } from './shape'
import { storedBytes, widenBlock } from './widen'

let metric: u32 = 0
let element: u32 = 0
let vectors: usize = 0
let mask: usize = 0
let near: f32 = 0
/** The query as it was given, and as codes. */
let floats: usize = 0
let query: usize = 0
/** A row as floats. */
let room: usize = 0
let found: usize = 0
/** Nodes nearer than `near` that the walk has yet to go on from, and the distance of codes that says so. */
let inner: usize = 0
let innerCount: u32 = 0
let innerLimit: u32 = 0

export function hnswSearchBytes(nodes: u32, codeWidth: u32, m: u32, ef: u32): usize {
  const rooms = (hnswFloatBytes(codeWidth) << 2) + 128
  return rooms + batchBytes(m) + (<usize>ef + 2) * 8 + visitBytes(nodes) + (<usize>nodes << 2) + 64
}

/**
 * What a number of queries have in common.
 * @param rowVectors the raw rows; 0: distances are those of the codes
 * @param scratch `hnswSearchBytes` bytes, of any content
 */
export function hnswOpenSearch(
  metricNumber: u32, elementNumber: u32, rowVectors: usize, rowMask: usize, leastDistance: f32, ef: u32,
  scratch: usize,
): void {
  metric = metricNumber
  element = elementNumber
  vectors = rowVectors
  mask = rowMask
  near = leastDistance
  query = (scratch + 15) & ~15
  room = query + queryBytes()
  openBatch(room + hnswFloatBytes(width) + 16, linkMax)
  found = room + hnswFloatBytes(width) + 16 + batchBytes(linkMax)
  inner = found + (<usize>ef + 2) * 8
  openVisits((inner + (<usize>nodeCount << 2) + 15) & ~15, nodeCount)
}

/** Begins a query. @param at the query as the scan takes it */
export function hnswStartQuery(at: usize, ef: u32): void {
  floats = at
  clearVisits()
  openPool(found, ef)
  innerCount = 0
  prepareQuery()
  const entry = entryNode()
  if (entry == NONE) return
  const nearest = descend(query, entry, entryLevel(), 0)
  if (mask != 0) seed()
  begin(nearest)
}

/** Goes on from up to `stepCount` nodes. @returns whether there are more */
export function hnswWalk(stepCount: u32): bool {
  for (let step: u32 = 0; step < stepCount; step++) {
    const node = innerCount > 0 ? takeInner() : takeFromPool()
    if (node == NONE) return false
    if (mask != 0) stepFromAllowed(node)
    else if (innerLimit != 0) stepOverInner(node)
    else stepFrom(node, query, 0)
  }
  return true
}

/** Looks at the codes `[first, end)` instead of walking. */
export function hnswScanCodes(first: u32, end: u32): void {
  for (let node = first; node < end; node++) {
    if (!isVisited(node) && isAllowed(node)) addToBatch(node)
    if (batchedCount() == 4) keepBatch()
  }
  keepBatch()
}

/**
 * Offers the nearest candidates to a heap with their exact distances, or those of their codes.
 * @returns how many rows were offered
 */
export function hnswFinishQuery(candidateCount: u32, heap: usize, k: u32, firstId: u32): u32 {
  const squared: f32 = isBits() ? 0 : dotProduct(floats, floats, width)
  const count = min(candidateCount, poolCount)
  let offered: u32 = 0
  for (let place: u32 = 0; place < count; place++) {
    const node = pooledNode(place)
    const d = distance(metric, width, floats, squared, rowValues(node))
    if (d < near) continue
    offer(heap, k, d, firstId + rowOf(node))
    offered++
  }
  return offered
}

function rowValues(node: u32): usize {
  if (isBits()) return codeOf(node)
  if (vectors == 0) {
    decode(codeOf(node), room)
    return room
  }
  const row = vectors + <usize>rowOf(node) * storedBytes(element, width)
  if (element == FLOAT32) return row
  widenBlock(element, width, row, 1, room)
  return room
}

function prepareQuery(): void {
  if (isBits()) {
    memory.fill(query, 0, queryBytes())
    memory.copy(query, floats, width)
    innerLimit = near > 0 ? (kind == JACCARD_BITS ? reinterpret<u32>(near) : <u32>ceil(near)) : 0
    return
  }
  let values = floats
  if (normalizes()) {
    memory.copy(room, floats, <usize>width << 2)
    normalize(room)
    values = room
  }
  innerLimit = innerLimitFor(queryFromFloats(values, query))
}

/**
 * The distance of codes below which a row is nearer than `near` for certain, or nearly so: what is not is among
 * the candidates, and left out there.
 */
function innerLimitFor(unit: f32): u32 {
  if (near == -Infinity) return 0
  if (!isSquared()) {
    const limit = <f64>dotZero + <f64>near / <f64>unit
    return <u32>max(0, min(4294967295.0, limit - Math.abs(limit - <f64>dotZero) * 0.02))
  }
  const squared = normalizes() ? 2 + 2 * <f64>near : <f64>near
  return squared <= 0 ? 0 : <u32>min(4294967295.0, (squared * 0.98) / <f64>unit)
}

@inline
function isAllowed(node: u32): bool {
  if (mask == 0) return true
  const row = rowOf(node)
  return ((load<u8>(mask + (row >> 3)) >> (row & 7)) & 1) != 0
}

/** Rows that may be found, from all over the data: there may be islands of them far from the query. */
function seed(): void {
  const step = max(1, nodeCount / probeCount)
  for (let node: u32 = 0, count: u32 = 0; node < nodeCount && count < seedCount; node += step) {
    if (!isAllowed(node)) continue
    addToBatch(node)
    count++
    if (batchedCount() == 4) keepBatch()
  }
  keepBatch()
}

const probeCount: u32 = 1024
const seedCount: u32 = 64

/** The walk begins at a node, which need not be one that may be found. */
function begin(node: u32): void {
  if (isVisited(node)) return
  if (isAllowed(node)) {
    addToBatch(node)
    keepBatch()
  } else {
    visit(node)
    stepFromAllowed(node)
  }
}

/** Puts what is in the batch where it belongs. */
function keepBatch(): void {
  const count = measureBatch(query)
  for (let place: u32 = 0; place < count; place++) keep(batchedDistance(place), batchedNode(place))
}

@inline
function keep(codeDistance: u32, node: u32): void {
  if (codeDistance >= innerLimit) {
    offerToPool(codeDistance, node)
  } else {
    store<u32>(inner + (<usize>innerCount << 2), node)
    innerCount++
  }
}

function takeInner(): u32 {
  innerCount--
  return load<u32>(inner + (<usize>innerCount << 2))
}

function stepOverInner(node: u32): void {
  const links = linksOf(node, 0)
  for (let at = links, end = links + (<usize>capacityOf(0) << 2); at < end; at += 4) {
    const neighbor = load<u32>(at)
    if (neighbor == NONE) break
    if (!isVisited(neighbor)) addToBatch(neighbor)
  }
  keepBatch()
}

/**
 * Finds the rows that may be found among a node's neighbors and, while those are few, among the neighbors of
 * the neighbors that may not: so the walk crosses what the mask takes away.
 */
function stepFromAllowed(node: u32): void {
  const links = linksOf(node, 0)
  const end = links + (<usize>capacityOf(0) << 2)
  for (let at = links; at < end; at += 4) {
    const neighbor = load<u32>(at)
    if (neighbor == NONE) break
    if (!isVisited(neighbor) && isAllowed(neighbor)) addToBatch(neighbor)
  }
  for (let at = links; at < end && batchedCount() < linkMax; at += 4) {
    const neighbor = load<u32>(at)
    if (neighbor == NONE) break
    if (!isVisited(neighbor)) crossTo(neighbor)
  }
  keepBatch()
}

/** Every unvisited neighbor is one that may not be found: the others are in the batch. */
function crossTo(masked: u32): void {
  visit(masked)
  const links = linksOf(masked, 0)
  for (let at = links, end = links + (<usize>capacityOf(0) << 2); at < end; at += 4) {
    const neighbor = load<u32>(at)
    if (neighbor == NONE) break
    if (!isVisited(neighbor) && isAllowed(neighbor)) addToBatch(neighbor)
  }
}
