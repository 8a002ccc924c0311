// Rows on their way from one place to another.
import { normalizeRow } from './normalize'
import { FLOAT32 } from './shape'
import { storedBytes, widenRow } from './widen'

/** Rows of floats, however they are stored, as rows of float32. */
export function widenRows(
  element: u32, width: u32, rows: usize, rowCount: u32, target: usize,
): void {
  if (element == FLOAT32) {
    memory.copy(target, rows, (<usize>rowCount * width) << 2)
    return
  }
  const stored = storedBytes(element, width)
  const stride = <usize>width << 2
  for (let row: usize = 0; row < rowCount; row++) {
    widenRow(element, width, rows + row * stored, target + row * stride)
  }
}

/** Gives rows of float32 the length 1, but for those of length 0. */
export function normalizeRows(width: u32, rows: usize, rowCount: u32): void {
  const stride = <usize>width << 2
  for (let row: usize = 0; row < rowCount; row++) normalizeRow(rows + row * stride, width)
}

/** Copies the rows of `ids`, one after the other. */
export function gatherRows(
  stride: u32, rows: usize, ids: usize, rowCount: u32, target: usize,
): void {
  for (let index: usize = 0; index < rowCount; index++, target += stride) {
    memory.copy(target, rows + <usize>load<u32>(ids + (index << 2)) * stride, stride)
  }
}

/** The bits of `ids` in a mask, one after the other, in whole words of 64. */
export function gatherMask(mask: usize, ids: usize, rowCount: u32, target: usize): void {
  for (let begin: u32 = 0; begin < rowCount; begin += 64, target += 8) {
    const end = min(begin + 64, rowCount)
    let word: u64 = 0
    for (let index = begin; index < end; index++) {
      const id = load<u32>(ids + (<usize>index << 2))
      word |= <u64>((load<u8>(mask + (id >> 3)) >> <u8>(id & 7)) & 1) << <u64>(index - begin)
    }
    store<u64>(target, word)
  }
}

/** Rows of float32 as bytes: `(value - offset) / step`, an offset for each component. */
export function quantizeRows(
  width: u32, rows: usize, rowCount: u32, offsets: usize, step: f32, target: usize,
): void {
  for (let row: u32 = 0; row < rowCount; row++) {
    for (let component: usize = 0; component < width; component++, rows += 4, target++) {
      const scaled = (load<f32>(rows) - load<f32>(offsets + (component << 2))) / step
      store<i8>(target, <i8>Mathf.max(-128, Mathf.min(127, Mathf.round(scaled))))
    }
  }
}

/** Rows of float32 less the mean, each with zeros behind it up to a width. */
export function centerRows(
  dim: u32, width: u32, rows: usize, rowCount: u32, mean: usize, target: usize,
): void {
  const end = mean + (<usize>dim << 2)
  const zeroBytes = <usize>(width - dim) << 2
  for (let row: u32 = 0; row < rowCount; row++) {
    for (let from = mean; from < end; from += 4, rows += 4, target += 4) {
      store<f32>(target, load<f32>(rows) - load<f32>(from))
    }
    memory.fill(target, 0, zeroBytes)
    target += zeroBytes
  }
}

/**
 * What rounding took from rows, by `quantizeRows`: fills the greatest length of what is left of a row and the greatest
 * length of what its code stands for, float32.
 */
export function measureBytes(
  width: u32, rows: usize, rowCount: u32, offsets: usize, step: f32, codes: usize, target: usize,
): void {
  let left: f32 = 0, stood: f32 = 0
  for (let row: u32 = 0; row < rowCount; row++) {
    let leftSquared: f32 = 0, stoodSquared: f32 = 0
    for (let component: usize = 0; component < width; component++, rows += 4, codes++) {
      const value = <f32>load<i8>(codes) * step
      const rest = load<f32>(rows) - load<f32>(offsets + (component << 2)) - value
      leftSquared += rest * rest
      stoodSquared += value * value
    }
    // Of what is no number nothing is known.
    left = leftSquared == leftSquared ? max(left, leftSquared) : Infinity
    stood = max(stood, stoodSquared)
  }
  store<f32>(target, Mathf.sqrt(left))
  store<f32>(target, Mathf.sqrt(stood), 4)
}
