// How rows of floats become codes: (component − mean) / scale, rounded, what is out of range at its
// edge; or shorter floats. A row of bits is its own code, and so is one of bytes.
import { floatElement, queryBytes, queryFromCode } from './hnsw-distances'
import { bfloat16From, float16From } from './hnsw-halves'
import {
  codeOf, DOT_16, DOT_4, DOT_6, DOT_8, HAMMING_BITS, isBits, isFloats, isSquared, kind, mean,
  normalizes, rowOf, scale, SQUARED_16, SQUARED_4, SQUARED_6, SQUARED_8, SQUARED_FLOAT_16, stride,
  width,
} from './hnsw-layout'
import { pack4, pack6 } from './hnsw-packed'
import { normalizeRow } from './normalize'
import { FLOAT16, FLOAT32, INT8 } from './shape'
import { storedBytes, widenBlock } from './widen'

/**
 * The largest code, 0 for bits and floats. Of 16 bits it is so small that no sum of squares overflows.
 */
export function hnswCodeMax(codeKind: u32, codeWidth: u32): u32 {
  if (codeKind == SQUARED_8 || codeKind == DOT_8) return 127
  if (codeKind == SQUARED_4 || codeKind == DOT_4) return 120
  if (codeKind == SQUARED_6 || codeKind == DOT_6) return 126
  if (codeKind != SQUARED_16 && codeKind != DOT_16) return 0
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
  if (normalizes()) normalizeRow(room, width)
  return room
}

/** Makes the codes of the nodes `[first, end)`. @param room `hnswFloatBytes` bytes */
export function hnswEncode(element: u32, vectors: usize, first: u32, end: u32, room: usize): void {
  const isOwnCode = isBits() || (element == INT8 && !normalizes() && isBytes())
  for (let node = first; node < end; node++) {
    const code = codeOf(node)
    memory.fill(code, 0, stride)
    if (isOwnCode) memory.copy(code, vectors + <usize>rowOf(node) * width, width)
    else encodeFloats(hnswFloats(element, vectors, rowOf(node), room), code)
  }
}

@inline
function isBytes(): bool {
  return kind == SQUARED_8 || kind == DOT_8
}

function encodeFloats(values: usize, code: usize): void {
  if (isFloats()) {
    encodeHalves(values, code)
    return
  }
  const inverse: f32 = 1 / scale()
  const most = <f32>hnswCodeMax(kind, width)
  const bits = bitsOf(kind)
  for (let component: usize = 0; component < width; component++) {
    const value = componentOf(values, component, inverse, most)
    if (bits == 8) store<i8>(code + component, <i8>nearest(value))
    else if (bits == 16) store<i16>(code + (component << 1), <i16>nearest(value))
    else if (bits == 4) pack4(code, component, value)
    else pack6(code, component, value)
  }
}

function bitsOf(codeKind: u32): u32 {
  if (codeKind == SQUARED_4 || codeKind == DOT_4) return 4
  if (codeKind == SQUARED_6 || codeKind == DOT_6) return 6
  return codeKind == SQUARED_16 || codeKind == DOT_16 ? 16 : 8
}

function encodeHalves(values: usize, code: usize): void {
  const isFloat16 = floatElement() == FLOAT16
  for (const end = values + (<usize>width << 2); values < end; values += 4, code += 2) {
    const value = load<f32>(values)
    store<u16>(code, isFloat16 ? float16From(value) : bfloat16From(value))
  }
}

@inline
function componentOf(values: usize, component: usize, inverse: f32, most: f32): f32 {
  const value = load<f32>(values + (component << 2)) - load<f32>(mean + (component << 2))
  return max(-most, min(most, value * inverse))
}

/**
 * Makes a query of floats. @param values of length 1 where the index says so
 * @returns what one step of a distance of codes is worth
 */
export function queryFromFloats(values: usize, query: usize): f32 {
  memory.fill(query, 0, queryBytes())
  if (isFloats()) {
    memory.copy(query, values, <usize>width << 2)
    return 1
  }
  const most = queryMax()
  const step: f32 = isSquared() ? scale() : largestOf(values) / most
  const inverse: f32 = step > 0 ? 1 / step : 0
  for (let component: usize = 0; component < width; component++) {
    store<i16>(query + (component << 1), <i16>nearest(componentOf(values, component, inverse, most)))
  }
  if (kind == SQUARED_4 || kind == SQUARED_6) fillBehind(query)
  return step * scale()
}

/** Behind the components a packed code has its least value: no distance is to come of it. */
function fillBehind(query: usize): void {
  const least: i16 = kind == SQUARED_4 ? -120 : -126
  const end = query + queryBytes()
  for (let at = query + (<usize>width << 1); at < end; at += 2) store<i16>(at, least)
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

/** The floats that a code stands for. @param room of a query */
export function decode(code: usize, values: usize, room: usize): void {
  queryFromCode(code, room)
  if (isFloats()) {
    memory.copy(values, room, <usize>width << 2)
    return
  }
  const step = scale()
  for (let component: usize = 0; component < width; component++) {
    const value = <f32>load<i16>(room + (component << 1))
    store<f32>(values + (component << 2), value * step + load<f32>(mean + (component << 2)))
  }
}
