// An index of the graph family, as it lies in memory and in its file. Offsets count from its first
// byte, so that it may lie anywhere; a node is a row that has a vector, and nodes that are near
// have numbers that are near.
//
//   header      128 bytes, drawn below
//   mean        float32 × width     what is taken from each component before it becomes a code
//   rows        u32 × nodes         the row of each node
//   codes       stride × nodes      small integers, short floats or bits, one for each component
//   levels      u32 × nodes         the node's first slot above level 0, all ones where it has none
//   links       u32 × 2M × nodes    the neighbors on level 0, all ones behind the last
//   upper       u32 × M × slots     the neighbors on levels 1, 2, … of the nodes that are there

/** Header: u32, or float32 where it says so. */
const magicAt: usize = 0, versionAt: usize = 4, nodesAt: usize = 8, linksAt: usize = 12
const kindAt: usize = 16, widthAt: usize = 20, strideAt: usize = 24, normalizesAt: usize = 28
const entryAt: usize = 32, levelAt: usize = 36, scaleAt: usize = 40 // float32
const meanOffsetAt: usize = 48, rowsOffsetAt: usize = 52, codesOffsetAt: usize = 56
const levelsOffsetAt: usize = 60, linksOffsetAt: usize = 64, upperOffsetAt: usize = 68
const headerBytes: usize = 128
const magic: u32 = 0x57534e48
const version: u32 = 2

/** Kinds of codes. Distances of codes are u32: the smaller, the nearer. */
export const SQUARED_8: u32 = 0
export const DOT_8: u32 = 1
export const SQUARED_16: u32 = 2
export const DOT_16: u32 = 3
export const HAMMING_BITS: u32 = 4
export const JACCARD_BITS: u32 = 5
export const SQUARED_4: u32 = 6
export const DOT_4: u32 = 7
export const SQUARED_6: u32 = 8
export const DOT_6: u32 = 9
export const SQUARED_FLOAT_16: u32 = 10
export const DOT_FLOAT_16: u32 = 11
export const SQUARED_BFLOAT_16: u32 = 12
export const DOT_BFLOAT_16: u32 = 13

export const NONE: u32 = u32.MAX_VALUE

export let index: usize = 0
export let nodeCount: u32 = 0
export let linkMax: u32 = 0
export let kind: u32 = 0
export let width: u32 = 0
export let stride: usize = 0
export let mean: usize = 0
export let rows: usize = 0
export let codes: usize = 0
let levels: usize = 0
let links: usize = 0
let upper: usize = 0

/**
 * Bytes of an index; `upperSlots` comes from `hnswUpperSlots`. As a float: it may be more than a
 * memory has.
 */
export function hnswByteLength(
  codeKind: u32, codeWidth: u32, nodes: u32, m: u32, upperSlots: u32,
): f64 {
  const perNode = <f64>strideOf(codeKind, codeWidth) + 8 + <f64>m * 8
  return 256 + <f64>codeWidth * 4 + <f64>nodes * perNode + <f64>upperSlots * <f64>m * 4 + 6 * 64
}

/** Writes the header of an index without links, and opens it. */
export function hnswCreate(
  at: usize, codeKind: u32, codeWidth: u32, normalizes: u32, nodes: u32, m: u32, upperSlots: u32,
): void {
  memory.fill(at, 0, headerBytes)
  store<u32>(at + magicAt, magic)
  store<u32>(at + versionAt, version)
  store<u32>(at + nodesAt, nodes)
  store<u32>(at + linksAt, m)
  store<u32>(at + kindAt, codeKind)
  store<u32>(at + widthAt, codeWidth)
  store<u32>(at + strideAt, <u32>strideOf(codeKind, codeWidth))
  store<u32>(at + normalizesAt, normalizes)
  store<u32>(at + entryAt, NONE)
  store<f32>(at + scaleAt, 1)
  placeParts(at, codeKind, codeWidth, nodes, m, upperSlots)
  hnswOpen(at)
  memory.fill(mean, 0, <usize>codeWidth << 2)
  memory.fill(links, 0xff, (<usize>nodes * m) << 3)
  memory.fill(upper, 0xff, (<usize>upperSlots * m) << 2)
}

/** Writes where the parts begin. */
function placeParts(
  at: usize, codeKind: u32, codeWidth: u32, nodes: u32, m: u32, upperSlots: u32,
): void {
  let end = place(at, meanOffsetAt, headerBytes, <usize>codeWidth << 2)
  end = place(at, rowsOffsetAt, end, <usize>nodes << 2)
  end = place(at, codesOffsetAt, end, <usize>nodes * strideOf(codeKind, codeWidth))
  end = place(at, levelsOffsetAt, end, <usize>nodes << 2)
  end = place(at, linksOffsetAt, end, (<usize>nodes * m) << 3)
  place(at, upperOffsetAt, end, (<usize>upperSlots * m) << 2)
}

/**
 * Gives the open index codes of another kind, which are to be made. What lies behind them moves to its new
 * place, and there is room for it.
 */
export function hnswRecode(codeKind: u32, upperSlots: u32): void {
  const oldLevels = levels, oldLinks = links, oldUpper = upper, oldStride = stride
  store<u32>(index + kindAt, codeKind)
  store<u32>(index + strideAt, <u32>strideOf(codeKind, width))
  store<f32>(index + scaleAt, 1)
  placeParts(index, codeKind, width, nodeCount, linkMax, upperSlots)
  hnswOpen(index)
  memory.fill(mean, 0, <usize>width << 2)
  const upperBytes = (<usize>upperSlots * linkMax) << 2
  if (stride > oldStride) memory.copy(upper, oldUpper, upperBytes)
  if (stride > oldStride) memory.copy(links, oldLinks, (<usize>nodeCount * linkMax) << 3)
  memory.copy(levels, oldLevels, <usize>nodeCount << 2)
  if (stride <= oldStride) memory.copy(links, oldLinks, (<usize>nodeCount * linkMax) << 3)
  if (stride <= oldStride) memory.copy(upper, oldUpper, upperBytes)
}

/** Makes an index the one that this thread's calls are about. @returns whether it is one */
export function hnswOpen(at: usize): bool {
  index = at
  nodeCount = load<u32>(at + nodesAt)
  linkMax = load<u32>(at + linksAt)
  kind = load<u32>(at + kindAt)
  width = load<u32>(at + widthAt)
  stride = load<u32>(at + strideAt)
  mean = at + load<u32>(at + meanOffsetAt)
  rows = at + load<u32>(at + rowsOffsetAt)
  codes = at + load<u32>(at + codesOffsetAt)
  levels = at + load<u32>(at + levelsOffsetAt)
  links = at + load<u32>(at + linksOffsetAt)
  upper = at + load<u32>(at + upperOffsetAt)
  return load<u32>(at + magicAt) == magic && load<u32>(at + versionAt) == version
}

/** Bytes of a code, in whole vectors of 16: the loops need no tail. */
export function strideOf(codeKind: u32, codeWidth: u32): usize {
  if (codeKind == SQUARED_4 || codeKind == DOT_4) return (<usize>codeWidth + 31) / 32 * 16
  if (codeKind == SQUARED_6 || codeKind == DOT_6) return (<usize>codeWidth + 63) / 64 * 48
  const isWide = codeKind == SQUARED_16 || codeKind == DOT_16 || codeKind >= SQUARED_FLOAT_16
  return (((<usize>codeWidth << <usize>isWide) + 15) / 16) * 16
}

/** @returns where the next part may begin */
function place(at: usize, offsetAt: usize, begin: usize, byteLength: usize): usize {
  const aligned = (begin + 63) & ~63
  store<u32>(at + offsetAt, <u32>aligned)
  return aligned + byteLength
}

@inline
export function entryNode(): u32 {
  return atomic.load<u32>(index + entryAt)
}

@inline
export function entryLevel(): u32 {
  return atomic.load<u32>(index + levelAt)
}

export function setEntry(node: u32, level: u32): void {
  atomic.store<u32>(index + levelAt, level)
  atomic.store<u32>(index + entryAt, node)
}

@inline
export function isSquared(): bool {
  return (kind & 1) == 0 && kind != HAMMING_BITS
}

@inline
export function isBits(): bool {
  return kind == HAMMING_BITS || kind == JACCARD_BITS
}

/** Whether a code is floats: they have no scale. */
@inline
export function isFloats(): bool {
  return kind >= SQUARED_FLOAT_16
}

@inline
export function normalizes(): bool {
  return load<u32>(index + normalizesAt) != 0
}

/** What one step of a code is worth. */
@inline
export function scale(): f32 {
  return load<f32>(index + scaleAt)
}

export function hnswSetScale(value: f32): void {
  store<f32>(index + scaleAt, value)
}

/** Where the means lie, for whoever measures the vectors. */
export function hnswMean(): usize {
  return mean
}

@inline
export function rowOf(node: u32): u32 {
  return load<u32>(rows + (<usize>node << 2))
}

@inline
export function codeOf(node: u32): usize {
  return codes + <usize>node * stride
}

@inline
export function capacityOf(level: u32): u32 {
  return level == 0 ? linkMax << 1 : linkMax
}

export function hnswNodes(): u32 {
  return nodeCount
}

/** Where the row of each node lies, for whoever numbers the nodes. */
export function hnswRows(): usize {
  return rows
}

/** The neighbors of a node, which is on that level. */
@inline
export function linksOf(node: u32, level: u32): usize {
  if (level == 0) return links + ((<usize>node * linkMax) << 3)
  const slot = load<u32>(levels + (<usize>node << 2)) + level - 1
  return upper + ((<usize>slot * linkMax) << 2)
}

/** The slots that the nodes need above level 0. */
export function hnswUpperSlots(nodes: u32, m: u32): u32 {
  let slots: u32 = 0
  for (let node: u32 = 0; node < nodes; node++) slots += levelOf(node, m)
  return slots
}

/**
 * Gives each node its slots, and the order of insertion: first those of the upper levels, shuffled,
 * so that they span all of the data; then the others, neighbors after neighbors.
 */
export function hnswPlaceNodes(order: usize): void {
  let slot: u32 = 0, end = order
  for (let node: u32 = 0; node < nodeCount; node++) {
    const level = levelOf(node, linkMax)
    store<u32>(levels + (<usize>node << 2), level == 0 ? NONE : slot)
    slot += level
    if (level > 0) end = append(end, node)
  }
  shuffle(order, <u32>((end - order) >> 2))
  for (let node: u32 = 0; node < nodeCount; node++) {
    if (levelOf(node, linkMax) == 0) end = append(end, node)
  }
}

@inline
function append(end: usize, node: u32): usize {
  store<u32>(end, node)
  return end + 4
}

function shuffle(list: usize, count: u32): void {
  for (let last = count; last > 1; last--) {
    const other = list + (<usize>(mixed(last) % last) << 2)
    const place = list + (<usize>(last - 1) << 2)
    const value = load<u32>(place)
    store<u32>(place, load<u32>(other))
    store<u32>(other, value)
  }
}

/** On the average one of M nodes of a level is on the next one, too. */
export function levelOf(node: u32, m: u32): u32 {
  let level: u32 = 0
  for (let bits = mixed(node + 1); bits % m == 0 && level < 15; level++) bits = mixed(bits + level)
  return level
}

/** An evenly spread number, the same on every machine. */
function mixed(value: u32): u32 {
  value = (value ^ (value >>> 16)) * 0x7feb352d
  value = (value ^ (value >>> 15)) * 0x846ca68b
  return value ^ (value >>> 16)
}
