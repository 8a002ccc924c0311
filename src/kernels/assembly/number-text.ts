// Lists of numbers in JSON's grammar become float32. Whatever is not plain is left to the caller: a list of
// another length, another grammar, a number that is too large or too near to the middle between two floats.

/** Powers of ten from −250 to 250 lie at `powers`. */
export const EXPONENT_MAX: i32 = 250

/** More than what a value is off by whose digits were rounded and multiplied by a rounded power of ten. */
const ABOVE_ONE: f64 = 1.0 + 1.0 / 562949953421312.0
const BELOW_ONE: f64 = 1.0 - 1.0 / 562949953421312.0

/** One digit more would not fit into 64 bits. */
const MANTISSA_MAX: u64 = 999999999999999999

const OPEN: u32 = 0x5b
const CLOSE: u32 = 0x5d
const COMMA: u32 = 0x2c
const MINUS: u32 = 0x2d
const POINT: u32 = 0x2e

/** The number that was scanned last: where it ended, its digits as an integer, and its power of ten. */
export let position: usize = 0
export let mantissa: u64 = 0
export let exponent: i32 = 0
export let isNegative: bool = false
/** Without a point and without an exponent. */
export let isInteger: bool = false
/** Whether digits behind the point were left out of the mantissa. */
export let isCut: bool = false
/** The float that was read last. */
export let value: f32 = 0

/**
 * Reads a list of exactly `count` numbers that begins at `text`. Behind `end`, eight bytes may be read, of
 * which the first is no part of a number.
 * @returns how many bytes the list takes, or −1
 */
export function readFloatList(
  text: usize,
  end: usize,
  powers: usize,
  floats: usize,
  count: u32,
): i32 {
  if (load<u8>(text) != OPEN) return -1
  let at = text + 1
  const floatsEnd = floats + (<usize>count << 2)
  while (floats < floatsEnd) {
    at = skipSpace(at)
    if (!readFloat(at, powers)) return -1
    store<f32>(floats, value)
    floats += 4
    at = skipSpace(position)
    if (<u32>load<u8>(at) != (floats < floatsEnd ? COMMA : CLOSE)) return -1
    at++
  }
  return at > end ? -1 : <i32>(at - text)
}

@inline
function skipSpace(at: usize): usize {
  let byte = <u32>load<u8>(at)
  while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) byte = load<u8>(++at)
  return at
}

/** Reads a number that is a float beyond doubt. */
@inline
export function readFloat(at: usize, powers: usize): bool {
  return scanNumber(at) && setValue(powers)
}

/** Scans a number of JSON's grammar. */
export function scanNumber(at: usize): bool {
  isNegative = <u32>load<u8>(at) == MINUS
  if (isNegative) at++
  let digits: u64 = 0
  let power: i32 = 0
  let digit = <u32>load<u8>(at) - 0x30
  if (digit > 9) return false
  if (digit == 0) digit = <u32>load<u8>(++at) - 0x30
  else {
    do {
      if (digits > MANTISSA_MAX) power++
      else digits = digits * 10 + digit
      digit = <u32>load<u8>(++at) - 0x30
    } while (digit <= 9)
  }
  const integerEnd = at
  isCut = false
  if (<u32>load<u8>(at) == POINT) {
    const fraction = ++at
    while (digits < 10000000000 && areEightDigits(load<u64>(at))) {
      digits = digits * 100000000 + numberOfEight(load<u64>(at))
      power -= 8
      at += 8
    }
    digit = <u32>load<u8>(at) - 0x30
    while (digit <= 9) {
      if (digits <= MANTISSA_MAX) {
        digits = digits * 10 + digit
        power--
      } else {
        isCut = true
      }
      digit = <u32>load<u8>(++at) - 0x30
    }
    if (at == fraction) return false
  }
  if ((<u32>load<u8>(at) | 0x20) == 0x65) {
    let byte = <u32>load<u8>(++at)
    const isSmall = byte == MINUS
    if (isSmall || byte == 0x2b) byte = load<u8>(++at)
    digit = byte - 0x30
    if (digit > 9) return false
    let scale: i32 = 0
    do {
      if (scale < 10000) scale = scale * 10 + digit
      digit = <u32>load<u8>(++at) - 0x30
    } while (digit <= 9)
    power += isSmall ? -scale : scale
  }
  position = at
  mantissa = digits
  exponent = power
  isInteger = at == integerEnd
  return true
}

/** Takes the value where it is certain. */
@inline
function setValue(powers: usize): bool {
  let magnitude: f32 = 0
  if (mantissa != 0) {
    if (exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX) return false
    const power = load<f64>(powers + (<usize>(exponent + EXPONENT_MAX) << 3))
    const rough = <f64>mantissa * power
    magnitude = <f32>(rough * ABOVE_ONE)
    if (magnitude != <f32>(rough * BELOW_ONE) || magnitude == <f32>Infinity) return false
  }
  value = isNegative ? -magnitude : magnitude
  return true
}

/** Eight digits of ASCII, the first in the lowest byte. */
@inline
function areEightDigits(word: u64): bool {
  const high = word & 0xf0f0f0f0f0f0f0f0
  const raised = (word + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0
  return (high | (raised >> 4)) == 0x3333333333333333
}

/** Neighbours are joined to two digits, these to four, these to eight. */
@inline
function numberOfEight(word: u64): u64 {
  let digits = word - 0x3030303030303030
  digits = digits * 10 + (digits >> 8)
  const low = (digits & 0x000000ff000000ff) * 0x000f424000000064
  const high = ((digits >> 16) & 0x000000ff000000ff) * 0x0000271000000001
  return (low + high) >> 32
}
