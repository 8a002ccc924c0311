import type { Metric } from '../../schema/metric.js'

/** How far vector `at` of some is from vector `other` of others: smaller is nearer. */
export type VectorDistance = (
  vectors: Float32Array | Uint8Array,
  at: number,
  others: Float32Array | Uint8Array,
  other: number,
) => number

/** @param width components of a vector, or bytes of one of bits */
export function vectorDistanceOf(metric: Metric, width: number): VectorDistance {
  switch (metric) {
    case 'L2':
      return (vectors, at, others, other) =>
        squared(vectors, at * width, others, other * width, width)
    case 'IP':
      return (vectors, at, others, other) =>
        -product(vectors, at * width, others, other * width, width)
    case 'COSINE':
      return (vectors, at, others, other) =>
        -cosine(vectors, at * width, others, other * width, width)
    case 'HAMMING':
      return (vectors, at, others, other) =>
        bits(vectors, at * width, others, other * width, width)[0]
    case 'JACCARD':
      return (vectors, at, others, other) => {
        const [different, all] = bits(vectors, at * width, others, other * width, width)
        return all === 0 ? 0 : different / all
      }
    default:
      throw new TypeError(`no distance of two vectors by ${metric}`)
  }
}

type Values = Float32Array | Uint8Array

function squared(left: Values, at: number, right: Values, from: number, width: number): number {
  let sum = 0
  for (let index = 0; index < width; index++) {
    const difference = left[at + index] - right[from + index]
    sum += difference * difference
  }
  return sum
}

function product(left: Values, at: number, right: Values, from: number, width: number): number {
  let one = 0
  let two = 0
  let index = 0
  for (; index + 1 < width; index += 2) {
    one += left[at + index] * right[from + index]
    two += left[at + index + 1] * right[from + index + 1]
  }
  return index < width ? one + two + left[at + index] * right[from + index] : one + two
}

function cosine(left: Values, at: number, right: Values, from: number, width: number): number {
  let dot = 0
  let leftSquare = 0
  let rightSquare = 0
  for (let index = 0; index < width; index++) {
    const one = left[at + index]
    const other = right[from + index]
    dot += one * other
    leftSquare += one * one
    rightSquare += other * other
  }
  const norms = Math.sqrt(leftSquare * rightSquare)
  return norms === 0 ? 0 : dot / norms
}

/** How many bits are set in one alone, and how many in either. */
function bits(left: Values, at: number, right: Values, from: number, width: number) {
  let different = 0
  let all = 0
  for (let index = 0; index < width; index++) {
    const one = left[at + index]
    const other = right[from + index]
    different += bitsInByte[one ^ other]
    all += bitsInByte[one | other]
  }
  return [different, all] as const
}

const bitsInByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1
  return count
})
