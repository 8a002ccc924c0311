// A search: the walk finds candidates by their codes, and their exact distances decide. It is cut
// into steps, between which it may be given up.
import { distance } from './distance'
import { dotProduct } from './float-distances'
import { offer, thresholdOf } from './heap'
import { dotZero, queryBytes } from './hnsw-distances'
import { decode, hnswFloatBytes, queryFromFloats } from './hnsw-encode'
import {
  capacityOf, codeOf, entryLevel, entryNode, isBits, isFloats, isSquared, JACCARD_BITS, kind, linkMax,
  linksOf,
  NONE, nodeCount, normalizes, rowOf, scale, width,
} from './hnsw-layout'
import {
  dropMasked, offerToMixedPool, offerToPool, openMixedPool, openPool, poolCount, pooledNode, poolLimit,
  takeFromPool,
} from './hnsw-pool'
import { clearVisits, isVisited, openVisits, visit, visitBytes } from './hnsw-visits'
import {
  batchBytes, batchedCount, batchedDistance, batchedNode, descend, measureBatch, openBatch,
  stepFromBoth, visitInBatch, visitNeighborsOf, visitNeighborsOfBoth,
} from './hnsw-walk'
import { normalizeRow } from './normalize'
import { FLOAT32 } from './shape'
import { storedBytes, widenBlock } from './widen'

let metric: u32 = 0
let element: u32 = 0
let vectors: usize = 0
export let mask: usize = 0
let near: f32 = 0
/** The query as it was given, and as codes. */
let floats: usize = 0
export let query: usize = 0
/** A row as floats, and what they are made of. */
let room: usize = 0
let decoded: usize = 0
let found: usize = 0
/** The product of the query with itself. */
let squared: f32 = 0
/** Nodes nearer than `near` that the walk has yet to go on from. */
let inner: usize = 0
let innerCount: u32 = 0
/**
 * Below the first distance of codes a row is nearer than `near`, from the second one on it is not.
 */
let innerLow: u32 = 0
let innerHigh: u32 = 0
/** Nodes that a step among masked rows has met. */
let lookedAt: u32 = 0
/** Whether the walk goes over masked rows as over any others. */
let isPlain: bool = false

/**
 * What a number of queries have in common.
 * @param rowVectors the raw rows; 0: distances are those of the codes
 * @param places of the longest list that a walk keeps
 * @param scratch `hnswSearchBytes` of `hnsw-kernels.ts`, of any content
 */
export function hnswOpenSearch(
  metricNumber: u32, elementNumber: u32, rowVectors: usize, rowMask: usize, leastDistance: f32,
  places: u32, scratch: usize,
): void {
  metric = metricNumber
  element = elementNumber
  vectors = rowVectors
  mask = rowMask
  near = leastDistance
  query = (scratch + 15) & ~15
  room = query + queryBytes()
  decoded = room + hnswFloatBytes(width) + 16
  openBatch(decoded + queryBytes(), linkMax)
  found = decoded + queryBytes() + batchBytes(linkMax)
  const visits = (found + (<usize>places + 2) * 8 + 15) & ~15
  openVisits(visits, nodeCount)
  inner = visits + visitBytes(nodeCount)
}

/**
 * Begins a query.
 * @param at the query as the scan takes it
 * @returns the share of rows near it that may be found, roughly
 */
export function hnswStartQuery(at: usize, ef: u32): f32 {
  isPlain = false
  openPool(found, ef)
  const entry = openQuery(at)
  if (entry == NONE) return 0
  lookedAt = 1
  begin(descend(query, entry, entryLevel(), 0))
  const share = <f32>(poolCount + innerCount) / <f32>lookedAt
  if (mask != 0) seed()
  return share
}

/**
 * Begins a query whose walk goes over masked rows as over any others.
 * @param places of both kinds of rows that it may remember
 * @returns the share of the rows near it that may be found, roughly
 */
export function hnswStartPlainQuery(at: usize, ef: u32, places: u32): f32 {
  isPlain = true
  openMixedPool(found, places, ef)
  const entry = openQuery(at)
  if (entry == NONE) return 0
  const nearest = descend(query, entry, entryLevel(), 0)
  visitInBatch(nearest)
  keepMixedBatch()
  return shareAround(nearest)
}

/**
 * Begins a query that looks at codes instead of walking.
 * @param places of the candidates that it may remember
 */
export function hnswStartScan(at: usize, places: u32): void {
  isPlain = false
  openPool(found, places)
  openQuery(at)
}

/** @returns the node to begin at */
function openQuery(at: usize): u32 {
  floats = at
  clearVisits()
  innerCount = 0
  prepareQuery()
  return entryNode()
}

function shareAround(node: u32): f32 {
  let all: u32 = 1, allowed = u32(isAllowed(node))
  const links = linksOf(node, 0)
  for (let at = links, end = links + (<usize>capacityOf(0) << 2); at < end; at += 4) {
    const neighbor = load<u32>(at)
    if (neighbor == NONE) break
    all++
    allowed += u32(isAllowed(neighbor))
  }
  return <f32>allowed / <f32>all
}

/** Goes on from up to `stepCount` nodes, or pairs of nodes. @returns whether there are more */
export function hnswWalk(stepCount: u32): bool {
  for (let step: u32 = 0; step < stepCount; step++) {
    const node = innerCount > 0 ? takeInner() : takeFromPool()
    if (node == NONE) return false
    if (isPlain) stepFromAny(node, takeFromPool())
    else if (mask != 0) stepFromAllowed(node)
    else if (innerHigh != 0) stepOverInner(node)
    else stepFromBoth(node, takeFromPool(), query)
  }
  return true
}

/**
 * Offers the nearest candidates to a heap with their exact distances, or those of their codes.
 * @returns how many rows were offered
 */
export function hnswFinishQuery(candidateCount: u32, heap: usize, k: u32, firstId: u32): u32 {
  if (isPlain) dropMasked()
  const count = min(candidateCount, poolCount)
  const readsRows = vectors != 0 && !isBits()
  let offered: u32 = 0
  late = 0
  for (let place: u32 = 0; place < count; place++) {
    if (readsRows && place % touchedTogether == 0) {
      touchRows(place, min(count, place + touchedTogether))
    }
    const node = pooledNode(place)
    const d = exactDistance(node)
    if (d < near) continue
    if (place >= count >> 1 && !(d >= thresholdOf(heap))) late++
    offer(heap, k, d, firstId + rowOf(node))
    offered++
  }
  return offered
}

/** Of the candidates last offered, those of the farther half that were nearer than some found before. */
export function hnswLateCount(): u32 {
  return late
}

let late: u32 = 0

/**
 * Lists the rows of the nearest candidates, whose distances are computed elsewhere.
 * @param list u32 for each
 * @returns how many
 */
export function hnswListCandidates(candidateCount: u32, list: usize): u32 {
  if (isPlain) dropMasked()
  const count = min(candidateCount, poolCount)
  for (let place: u32 = 0; place < count; place++) {
    store<u32>(list + (<usize>place << 2), rowOf(pooledNode(place)))
  }
  return count
}

/**
 * Offers rows to a heap with their exact distances.
 * @param list u32, the numbers of the rows @param stored the raw rows themselves, in that order
 * @returns how many were offered
 */
export function hnswOfferRows(
  list: usize, stored: usize, count: u32, heap: usize, k: u32, firstId: u32,
): u32 {
  const rowBytes = storedBytes(element, width)
  let offered: u32 = 0
  for (let place: u32 = 0; place < count; place++) {
    const values = asFloats(stored + <usize>place * rowBytes)
    const d = distance(metric, width, floats, squared, values)
    if (d < near) continue
    offer(heap, k, d, firstId + load<u32>(list + (<usize>place << 2)))
    offered++
  }
  return offered
}

/** Brings the rows of some candidates on their way from the memory together. */
function touchRows(first: u32, end: u32): void {
  const rowBytes = storedBytes(element, width)
  const bytes = min(rowBytes, touchedBytesMax)
  for (let place = first; place < end; place++) {
    const row = vectors + <usize>rowOf(pooledNode(place)) * rowBytes
    for (let at: usize = 0; at < bytes; at += 64) touched += load<u8>(row + at)
  }
}

const touchedBytesMax: usize = 512
/** What the nearest caches hold. */
const touchedTogether: u32 = 64
let touched: u32 = 0

@inline
function exactDistance(node: u32): f32 {
  return distance(metric, width, floats, squared, rowValues(node))
}

function rowValues(node: u32): usize {
  if (isBits()) return codeOf(node)
  if (vectors == 0) {
    decode(codeOf(node), room, decoded)
    return room
  }
  return asFloats(vectors + <usize>rowOf(node) * storedBytes(element, width))
}

function asFloats(row: usize): usize {
  if (element == FLOAT32) return row
  widenBlock(element, width, row, 1, room)
  return room
}

function prepareQuery(): void {
  innerLow = innerHigh = 0
  if (isBits()) {
    memory.fill(query, 0, queryBytes())
    memory.copy(query, floats, width)
    const limit = kind == JACCARD_BITS ? reinterpret<u32>(near) : <u32>ceil(near)
    if (near > 0) innerLow = innerHigh = limit
    return
  }
  squared = dotProduct(floats, floats, width)
  let values = floats
  if (normalizes()) {
    memory.copy(room, floats, <usize>width << 2)
    normalizeRow(room, width)
    values = room
  }
  const unit = queryFromFloats(values, query)
  if (near > -Infinity) setInnerLimits(unit)
}

/**
 * Three times what rounding makes of a distance, on the average, is left open between the limits.
 */
function setInnerLimits(unit: f32): void {
  if (isFloats()) {
    innerHigh = u32.MAX_VALUE
    return
  }
  let limit: f64, slack: f64
  if (isSquared()) {
    limit = (normalizes() ? 2 + 2 * <f64>near : <f64>near) / <f64>unit
    slack = 3 * sqrt<f64>(max<f64>(limit, 1))
  } else {
    limit = <f64>dotZero + <f64>near / <f64>unit
    slack = 2 * sqrt<f64>(<f64>squared) * <f64>scale() / <f64>unit
  }
  innerLow = <u32>(limit - slack)
  innerHigh = <u32>(limit + slack)
}

@inline
function isAllowed(node: u32): bool {
  if (mask == 0) return true
  const row = rowOf(node)
  return ((load<u8>(mask + (row >> 3)) >> (row & 7)) & 1) != 0
}

/**
 * Rows that may be found, from all over the data: there may be islands of them far from the query.
 */
function seed(): void {
  const step = max(1, nodeCount / probeCount)
  for (let node: u32 = 0, count: u32 = 0; node < nodeCount && count < seedCount; node += step) {
    if (isVisited(node) || !isAllowed(node)) continue
    visitInBatch(node)
    count++
    if (batchedCount() == 4) keepBatch()
  }
  keepBatch()
}

const probeCount: u32 = 1024
const seedCount: u32 = 64

/** The walk begins at a node, which need not be one that may be found. */
function begin(node: u32): void {
  if (isAllowed(node)) {
    visitInBatch(node)
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

function keep(codeDistance: u32, node: u32): void {
  if (isBehindNear(codeDistance, node)) {
    offerToPool(codeDistance, node)
  } else {
    store<u32>(inner + (<usize>innerCount << 2), node)
    innerCount++
  }
}

/** Whether a row is as far as `near`, or farther. */
@inline
export function isBehindNear(codeDistance: u32, node: u32): bool {
  if (codeDistance >= innerHigh) return true
  return codeDistance >= innerLow && exactDistance(node) >= near
}

function takeInner(): u32 {
  innerCount--
  return load<u32>(inner + (<usize>innerCount << 2))
}

function stepOverInner(node: u32): void {
  visitNeighborsOf(node, 0)
  keepBatch()
}

function stepFromAny(node: u32, other: u32): void {
  visitNeighborsOfBoth(node, other)
  keepMixedBatch()
}

/** Only of what is near it is asked whether it may be found. */
function keepMixedBatch(): void {
  const count = measureBatch(query)
  for (let place: u32 = 0; place < count; place++) {
    const codeDistance = batchedDistance(place)
    if (codeDistance >= poolLimit) continue
    const node = batchedNode(place)
    offerToMixedPool(codeDistance, node, isAllowed(node))
  }
}

/**
 * Finds the rows that may be found among a node's neighbors and, while those are few, among the
 * neighbors of the neighbors that may not: so the walk crosses what the mask takes away.
 */
function stepFromAllowed(node: u32): void {
  const links = linksOf(node, 0)
  const end = links + (<usize>capacityOf(0) << 2)
  for (let at = links; at < end; at += 4) {
    const neighbor = load<u32>(at)
    if (neighbor == NONE) break
    lookedAt++
    if (!isVisited(neighbor) && isAllowed(neighbor)) visitInBatch(neighbor)
  }
  for (let at = links; at < end && batchedCount() < linkMax << 1; at += 4) {
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
    lookedAt++
    if (!isVisited(neighbor) && isAllowed(neighbor)) visitInBatch(neighbor)
  }
}
