// The number that was scanned last becomes the nearest double, or is left to the caller.
import { EXPONENT_MAX, exponent, isCut, isNegative, mantissa } from './number-text'

/** Up to here, a power of ten is a double without an error. */
const EXACT_POWER_MAX: i32 = 22
/** Up to here, an integer is. */
const EXACT_INTEGER_MAX: u64 = 9007199254740992
/** More than the error of a sum of two doubles, beside its size: 2 ** -92. */
const SUM_ERROR: f64 = 1.0 / 4951760157141521099596496896.0
const SPLITTER: f64 = 134217729.0

/** The double that was read last. */
export let double: f64 = 0

/** @returns whether the nearest double is known beyond doubt */
export function setDouble(powers: usize): bool {
  let magnitude: f64 = 0
  if (mantissa != 0) {
    if (isCut || exponent < -EXACT_POWER_MAX || exponent > EXACT_POWER_MAX) return false
    const power = exponent < 0 ? -exponent : exponent
    const ten = load<f64>(powers + (<usize>(power + EXPONENT_MAX) << 3))
    magnitude = mantissa <= EXACT_INTEGER_MAX ? shortMagnitude(ten) : longMagnitude(ten)
    if (magnitude < 0) return false
  }
  double = isNegative ? -magnitude : magnitude
  return true
}

/** One operation on two exact doubles is rounded once. */
@inline
function shortMagnitude(ten: f64): f64 {
  const integer = <f64>mantissa
  return exponent < 0 ? integer / ten : integer * ten
}

/**
 * The digits as a sum of two doubles, the result good to about 100 bits: it is the nearest double unless so near to
 * the middle between two that the error could matter, for which −1 is returned.
 */
function longMagnitude(ten: f64): f64 {
  const sum = <f64>mantissa
  const rest = <f64><i64>(mantissa - <u64>sum)
  const first = exponent < 0 ? sum / ten : sum * ten
  const second = exponent < 0
    ? (productError(first, ten, sum) + rest) / ten
    : rest * ten - productError(sum, ten, first)
  const error = first * SUM_ERROR
  const above = first + (second + error)
  return above == first + (second - error) ? above : -1
}

/** `target - a * b`, exact where `target` is the double next to the product. Dekker's. */
function productError(a: f64, b: f64, target: f64): f64 {
  const aScaled = SPLITTER * a
  const aHigh = aScaled - (aScaled - a)
  const aLow = a - aHigh
  const bScaled = SPLITTER * b
  const bHigh = bScaled - (bScaled - b)
  const bLow = b - bHigh
  return target - aHigh * bHigh - aHigh * bLow - aLow * bHigh - aLow * bLow
}
