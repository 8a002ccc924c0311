/** The 16-bit floats as their bit patterns: IEEE's binary16, and bfloat16, a float32 cut in half. */
interface Float16Layout {
  readonly mantissaBits: number
  readonly exponentMin: number
  readonly exponentMax: number
}

const binary16: Float16Layout = { mantissaBits: 10, exponentMin: -14, exponentMax: 15 }
const bfloat16: Float16Layout = { mantissaBits: 7, exponentMin: -126, exponentMax: 127 }

const infinity16 = 0x7c00
const infinityB16 = 0x7f80

/** Rounds to the nearest, ties to even. Returns the first index whose finite value became infinite, or -1. */
export function encodeFloat16(from: Float32Array | Float64Array, to: Uint16Array): number {
  return encode(from, to, binary16, infinity16)
}

/** As `encodeFloat16`. */
export function encodeBFloat16(from: Float32Array | Float64Array, to: Uint16Array): number {
  return encode(from, to, bfloat16, infinityB16)
}

export function decodeFloat16(from: Uint16Array, to: Float32Array | Float64Array): void {
  for (let index = 0; index < from.length; index++) to[index] = float16Value(from[index])
}

function encode(
  from: Float32Array | Float64Array,
  to: Uint16Array,
  layout: Float16Layout,
  infinity: number,
): number {
  for (let index = 0; index < from.length; index++) {
    const value = from[index]
    const bits = bitsOf(value, layout, infinity)
    to[index] = bits
    if ((bits & 0x7fff) === infinity && Number.isFinite(value)) return index
  }
  return -1
}

const double = new Float64Array(1)
const doubleWords = new Uint32Array(double.buffer)

/** 2 to the power of -150 … 150: the factor that makes a mantissa an integer. */
const powers = Float64Array.from({ length: 301 }, (_, index) => 2 ** (index - 150))

/** Adding and taking away 2^52 rounds a smaller positive double to an integer, ties to even. */
const rounder = 2 ** 52

/**
 * A double is rounded once, never by way of a float32. A subnormal is what has the smallest exponent and
 * a mantissa below 2^mantissaBits; a mantissa that rounds up to the next power carries into the exponent.
 */
function bitsOf(value: number, layout: Float16Layout, infinity: number): number {
  double[0] = value
  const high = doubleWords[1]
  const sign = (high >>> 16) & 0x8000
  const exponent = ((high >>> 20) & 0x7ff) - 1023
  if (exponent > layout.exponentMax) {
    const quietNaN = Number.isNaN(value) ? 1 << (layout.mantissaBits - 1) : 0
    return sign | infinity | quietNaN
  }
  const scale = exponent < layout.exponentMin ? layout.exponentMin : exponent
  const scaled = Math.abs(value) * powers[layout.mantissaBits - scale + 150]
  const mantissa = scaled + rounder - rounder
  return sign | (((scale - layout.exponentMin) << layout.mantissaBits) + mantissa)
}

function float16Value(bits: number): number {
  const mantissa = bits & 0x3ff
  const exponent = (bits >> 10) & 0x1f
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * mantissa * powers[150 - 24]
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN
  return sign * (mantissa + 0x400) * powers[150 + exponent - 25]
}
