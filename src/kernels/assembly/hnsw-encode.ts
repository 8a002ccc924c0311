// How rows of floats become codes: (component − mean) / scale, rounded, what is out of range at its
// edge. A row of bits is its own code.
import { dotProduct, isOrdinary } from './float-distances'
import { queryBytes } from './hnsw-distances'
import {
  codeOf, HAMMING_BITS, isBits, isSquared, isWide, kind, mean, normalizes, rowOf, scale, SQUARED_16,
  stride, width,
} from './hnsw-layout'
import { FLOAT32 } from './shape'
import { storedBytes, widenBlock } from './widen'

/** The largest code, 0 for bits. Of 16 bits it is so small that no sum of squares overflows. */
export function hnswCodeMax(codeKind: u32, codeWidth: u32): u32 {
  if (codeKind >= HAMMING_BITS) return 0
  if (codeKind < SQUARED_16) return 127
  return min(<u32>8000, <u32>sqrt<f64>(4294967295.0 / <f64>codeWidth) / 2)
}

/** Room for a row as floats. */
export function hnswFloatBytes(codeWidth: u32): usize {
  return ((<usize>codeWidth << 2) + 15) & ~15
}

/**
 * A row as floats, of length 1 where the index says so.
 * @returns where it is: in `room`, or where it was
 */
export function hnswFloats(element: u32, vectors: usize, row: u32, room: usize): usize {
  const stored = vectors + <usize>row * storedBytes(element, width)
  if (element == FLOAT32 && !normalizes()) return stored
  if (element != FLOAT32) widenBlock(element, width, stored, 1, room)
  else memory.copy(room, stored, <usize>width << 2)
  if (normalizes()) normalize(room)
  return room
}

/** A vector of zeros, which has no direction, stays as it is. */
export function normalize(values: usize): void {
  const factor = normalizingFactor(values)
  for (const end = values + (<usize>width << 2); values < end; values += 4) {
    store<f32>(values, load<f32>(values) * factor)
  }
}

function normalizingFactor(values: usize): f32 {
  const squared = dotProduct(values, values, width)
  if (isOrdinary(squared)) return 1 / sqrt(squared)
  let sum: f64 = 0
  for (let at = values, end = values + (<usize>width << 2); at < end; at += 4) {
    sum += <f64>load<f32>(at) * <f64>load<f32>(at)
  }
  return sum == 0 ? 1 : <f32>(1 / sqrt(sum))
}

/** Makes the codes of the nodes `[first, end)`. @param room `hnswFloatBytes` bytes */
export function hnswEncode(element: u32, vectors: usize, first: u32, end: u32, room: usize): void {
  for (let node = first; node < end; node++) {
    const code = codeOf(node)
    memory.fill(code, 0, stride)
    if (isBits()) memory.copy(code, vectors + <usize>rowOf(node) * width, width)
    else encodeFloats(hnswFloats(element, vectors, rowOf(node), room), code)
  }
}

function encodeFloats(values: usize, code: usize): void {
  const inverse: f32 = 1 / scale()
  const most = <f32>hnswCodeMax(kind, width)
  const isWideCode = isWide()
  for (let component: usize = 0; component < width; component++) {
    const value = codeValue(values, component, inverse, most)
    if (isWideCode) store<i16>(code + (component << 1), <i16>value)
    else store<i8>(code + component, <i8>value)
  }
}

@inline
function codeValue(values: usize, component: usize, inverse: f32, most: f32): f32 {
  const value = load<f32>(values + (component << 2)) - load<f32>(mean + (component << 2))
  return nearest(max(-most, min(most, value * inverse)))
}

/**
 * Makes a query of floats. @param values of length 1 where the index says so
 * @returns what one step of a distance of codes is worth
 */
export function queryFromFloats(values: usize, query: usize): f32 {
  memory.fill(query, 0, queryBytes())
  const most = queryMax()
  const step: f32 = isSquared() ? scale() : largestOf(values) / most
  const inverse: f32 = step > 0 ? 1 / step : 0
  for (let component: usize = 0; component < width; component++) {
    store<i16>(query + (component << 1), <i16>codeValue(values, component, inverse, most))
  }
  return step * scale()
}

/**
 * Twice the range of the codes for a query that is apart from all rows; a product leaves more room.
 */
function queryMax(): f32 {
  const codeMax = <f64>hnswCodeMax(kind, width)
  const most: f64 = isSquared()
    ? min(2 * codeMax, sqrt(4294967295.0 / <f64>width) - codeMax)
    : min(8000, 2.0e9 / (<f64>width * codeMax))
  return <f32>max(codeMax, floor(most))
}

function largestOf(values: usize): f32 {
  let largest: f32 = 0
  for (const end = values + (<usize>width << 2); values < end; values += 4) {
    largest = max(largest, abs(load<f32>(values)))
  }
  return largest
}

/** The floats that a code stands for. */
export function decode(code: usize, values: usize): void {
  const step = scale()
  const isWideCode = isWide()
  for (let component: usize = 0; component < width; component++) {
    const value: f32 = isWideCode
      ? <f32>load<i16>(code + (component << 1))
      : <f32>load<i8>(code + component)
    store<f32>(values + (component << 2), value * step + load<f32>(mean + (component << 2)))
  }
}
