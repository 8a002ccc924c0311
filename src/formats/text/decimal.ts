import { type ByteCursor, SyntaxFault } from './byte-cursor.js'

/**
 * A number of a text in parts that are exact: up to 18 digits as two integers below 10^9, and a power
 * of ten. Made once and filled again and again, so that no number costs an allocation.
 */
export class Decimal {
  begin = 0
  end = 0
  isNegative = false
  /** Without a point and without an exponent. */
  isInteger = false
  /** All of them but leading zeros; those over 18 are left out of `head` and `tail`. */
  digitCount = 0
  head = 0
  tail = 0
  exponent = 0
}

const partDigits = 9
const digitsMax = 2 * partDigits

/** Scans a number of JSON's grammar. */
export function scanDecimal(cursor: ByteCursor, decimal: Decimal): void {
  const { bytes } = cursor
  let position = cursor.position
  decimal.begin = position
  decimal.isNegative = bytes[position] === 0x2d
  if (decimal.isNegative) position++
  let head = 0
  let tail = 0
  let count = 0
  let exponent = 0
  let digit = bytes[position] - 0x30
  if (digit === 0) digit = bytes[++position] - 0x30
  else if (digit < 0 || digit > 9) {
    throw new SyntaxFault(position, 'a value', 'looking for beginning of value')
  } else {
    do {
      if (count < partDigits) head = head * 10 + digit
      else if (count < digitsMax) tail = tail * 10 + digit
      else exponent++
      count++
      digit = bytes[++position] - 0x30
    } while (digit >= 0 && digit <= 9)
  }
  decimal.isInteger = digit !== -2
  if (digit === -2) {
    digit = bytes[++position] - 0x30
    if (digit < 0 || digit > 9) {
      throw new SyntaxFault(position, 'a digit', 'after decimal point in numeric literal')
    }
    do {
      if (count < partDigits) {
        head = head * 10 + digit
        exponent--
        if (head !== 0) count++
      } else {
        if (count < digitsMax) {
          tail = tail * 10 + digit
          exponent--
        }
        count++
      }
      digit = bytes[++position] - 0x30
    } while (digit >= 0 && digit <= 9)
  }
  if ((bytes[position] | 0x20) === 0x65) {
    decimal.isInteger = false
    cursor.position = position + 1
    exponent += scanExponent(cursor)
    position = cursor.position
  }
  decimal.digitCount = count
  decimal.head = head
  decimal.tail = tail
  decimal.exponent = exponent
  decimal.end = position
  cursor.position = position
}

/** Far above what any number has; more digits do not change what it means. */
const exponentMax = 100_000

function scanExponent(cursor: ByteCursor): number {
  const { bytes } = cursor
  let position = cursor.position
  const sign = bytes[position]
  if (sign === 0x2b || sign === 0x2d) position++
  const begin = position
  let exponent = 0
  for (let digit = bytes[position] - 0x30; digit >= 0 && digit <= 9; ) {
    exponent = Math.min(exponent * 10 + digit, exponentMax)
    digit = bytes[++position] - 0x30
  }
  if (position === begin) {
    throw new SyntaxFault(position, 'a digit', 'in exponent of numeric literal')
  }
  cursor.position = position
  return sign === 0x2d ? -exponent : exponent
}

/**
 * Writes the number as the nearest double, rounded to a float32. Where the double is known but for its last
 * bits and these do not change the float32, that is enough. Results go straight into an array: a double
 * that a function returns may cost an allocation.
 * @returns whether it is finite
 */
export function putFloat32(
  decimal: Decimal,
  bytes: Uint8Array,
  values: Float32Array,
  index: number,
): boolean {
  const { head, tail, digitCount, exponent } = decimal
  const integer = digitCount <= partDigits ? head : head * powerOfTail(digitCount) + tail
  const value = integer * (roughPowers[exponent + roughExponentMax] ?? Number.NaN)
  const above = Math.fround(value * aboveOne)
  const below = Math.fround(value * belowOne)
  const magnitude = above === below ? above : Math.fround(magnitudeOf(decimal, bytes))
  values[index] = decimal.isNegative ? -magnitude : magnitude
  return magnitude <= float32Max
}

const float32Max = (2 - 2 ** -23) * 2 ** 127

/** More than what a value is off by that was multiplied by a power of ten. */
const aboveOne = 1 + 2 ** -49
const belowOne = 1 - 2 ** -49
const roughExponentMax = 250

const roughPowers = Float64Array.from({ length: 2 * roughExponentMax + 1 }, (_, index) =>
  Number(`1e${index - roughExponentMax}`),
)

/** Writes the number as the nearest double. Returns whether it is finite. */
export function putFloat64(
  decimal: Decimal,
  bytes: Uint8Array,
  values: Float64Array,
  index: number,
): boolean {
  const magnitude = magnitudeOf(decimal, bytes)
  values[index] = decimal.isNegative ? -magnitude : magnitude
  return magnitude <= Number.MAX_VALUE
}

/** The number, which is an integer: exact up to 15 digits, and about right beyond. */
export function integerOf({ head, tail, digitCount, exponent, isNegative }: Decimal): number {
  const kept = digitCount <= partDigits ? head : head * powerOfTail(digitCount) + tail
  const magnitude = kept * (exactPowers[exponent] ?? Infinity)
  return isNegative ? 0 - magnitude : magnitude
}

/** What `head` is to be multiplied by to make room for `tail`. */
function powerOfTail(digitCount: number): number {
  return exactPowers[digitCount < digitsMax ? digitCount - partDigits : partDigits]
}

function magnitudeOf(decimal: Decimal, bytes: Uint8Array): number {
  const magnitude = fastMagnitude(decimal)
  return magnitude >= 0 ? magnitude : exactMagnitude(decimal, bytes)
}

/** Up to here, a power of ten is a double without an error. */
const exactPowerMax = 22
const exactPowers = Float64Array.from({ length: exactPowerMax + 1 }, (_, power) =>
  Number(`1e${power}`),
)

/** The nearest double, or -1 where only the exact parser finds it. */
function fastMagnitude({ head, tail, digitCount, exponent }: Decimal): number {
  if (exponent < -exactPowerMax || exponent > exactPowerMax || digitCount > digitsMax) return -1
  if (digitCount <= 15) {
    const integer = digitCount <= partDigits ? head : head * powerOfTail(digitCount) + tail
    return exponent < 0 ? integer / exactPowers[-exponent] : integer * exactPowers[exponent]
  }
  return longMagnitude(head, tail, powerOfTail(digitCount), exponent)
}

/** More than the error of a sum of two doubles, beside its size. */
const sumError = 2 ** -92

/**
 * The same for 16 to 18 digits: the number as a sum of two doubles, good to about 100 bits. It is the
 * nearest double unless so near to the middle between two that the error could matter.
 */
function longMagnitude(head: number, tail: number, power: number, exponent: number): number {
  const headHigh = head >> 15
  const x = headHigh * power * 32768
  const y = (head - (headHigh << 15)) * power + tail
  const sum = x + y
  const rest = y - (sum - x)
  const ten = exactPowers[exponent < 0 ? -exponent : exponent]
  const first = exponent < 0 ? sum / ten : sum * ten
  const second =
    exponent < 0
      ? (productError(first, ten, sum) + rest) / ten
      : rest * ten - productError(sum, ten, first)
  const error = first * sumError
  const above = first + (second + error)
  return above === first + (second - error) ? above : -1
}

const splitter = 2 ** 27 + 1

/** `target - a * b`, exact where `target` is the double next to the product. Dekker's. */
function productError(a: number, b: number, target: number): number {
  const aScaled = splitter * a
  const aHigh = aScaled - (aScaled - a)
  const aLow = a - aHigh
  const bScaled = splitter * b
  const bHigh = bScaled - (bScaled - b)
  const bLow = b - bHigh
  return target - aHigh * bHigh - aHigh * bLow - aLow * bHigh - aLow * bLow
}

function exactMagnitude({ begin, end, isNegative }: Decimal, bytes: Uint8Array): number {
  return Number(latin1Text(bytes, isNegative ? begin + 1 : begin, end))
}

export function latin1Text(bytes: Uint8Array, begin: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin).toString('latin1')
}
