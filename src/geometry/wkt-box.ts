import { Buffer } from 'node:buffer'
import type { Box } from './box.js'

/**
 * Finds the box around a text that is known to be a geometry, without building one.
 * @param box is filled; void where there is no point
 */
export function readBox(bytes: Uint8Array, begin: number, end: number, box: Box): void {
  box[0] = box[1] = Infinity
  box[2] = box[3] = -Infinity
  let dimension = 0
  for (let at = begin; at < end; ) {
    const code = bytes[at]
    if (beginsNumber(code)) {
      at = readNumber(bytes, at, end)
      if (dimension < 2) widen(box, dimension, number[0])
      dimension++
      continue
    }
    // The first number after a sign is an x, the second a y.
    if (code === comma || code === parenthesis) dimension = 0
    at++
  }
}

const comma = 0x2c
const parenthesis = 0x28

/** What was read last: a double that a function returns may cost an allocation. */
const number = new Float64Array(1)

function widen(box: Box, dimension: number, value: number): void {
  if (value < box[dimension]) box[dimension] = value
  if (value > box[dimension + 2]) box[dimension + 2] = value
}

/** Up to 15 digits and 22 powers of ten are exact in doubles, and so is one division. */
const exactDigits = 15
const exactPowers = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))

/** @returns where it ends */
function readNumber(bytes: Uint8Array, begin: number, end: number): number {
  let at = begin
  const isNegative = bytes[at] === 0x2d
  if (isNegative) at++
  let digits = 0
  let count = 0
  let point = -1
  for (; at < end; at++) {
    const digit = bytes[at] - 0x30
    if (digit >= 0 && digit <= 9) {
      digits = digits * 10 + digit
      if (digits > 0) count++
    } else if (bytes[at] === 0x2e) point = at
    else break
  }
  const decimals = point < 0 ? 0 : at - point - 1
  const hasExponent = at < end && (bytes[at] | 0x20) === 0x65
  if (hasExponent || count > exactDigits || decimals > 22) return readAnyNumber(bytes, begin, end)
  const value = digits / exactPowers[decimals]
  number[0] = isNegative ? -value : value
  return at
}

function readAnyNumber(bytes: Uint8Array, begin: number, end: number): number {
  let at = begin
  while (at < end && (beginsNumber(bytes[at]) || isInExponent(bytes[at]))) at++
  const { buffer, byteOffset } = bytes
  number[0] = Number(Buffer.from(buffer, byteOffset + begin, at - begin).toString('latin1'))
  return at
}

function beginsNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e
}

/** `e`, `E` or `+`. */
function isInExponent(code: number): boolean {
  return (code | 0x20) === 0x65 || code === 0x2b
}
