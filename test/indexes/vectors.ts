import { DataType } from '../../dist/schema/data-type.js'
import { widened } from '../kernels/reference.js'

export type StoredRows = Float32Array | Uint16Array | Int8Array | Uint8Array

/** Vectors as a segment stores them, and as the reference reads them. */
export interface TestVectors {
  readonly dataType: DataType
  readonly dim: number
  /** Components of a row, or bytes of a row of bits. */
  readonly width: number
  readonly rowCount: number
  readonly stored: StoredRows
  readonly values: Float32Array | Uint8Array
}

/** Deterministic numbers in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Points around 20 centers, which are the same for every seed. */
export function clusteredVectors(
  dataType: DataType,
  dim: number,
  rowCount: number,
  seed: number,
): TestVectors {
  const isBits = dataType === DataType.BinaryVector
  const width = isBits ? dim / 8 : dim
  const random = randomFrom(seed)
  const centers = centersOf(dim)
  const values = new Float32Array(rowCount * dim)
  for (let row = 0; row < rowCount; row++) {
    const center = Math.floor(random() * centerCount) * dim
    for (let at = 0; at < dim; at++) values[row * dim + at] = centers[center + at] + normal(random)
  }
  if (isBits) {
    const bits = bitsOf(values, width)
    return { dataType, dim, width, rowCount, stored: bits, values: bits }
  }
  return { dataType, dim, width, rowCount, ...storedAs(dataType, values) }
}

/** A query as a search takes it: float32, or bits. */
export function queriesLike(vectors: TestVectors, count: number, seed: number) {
  return clusteredVectors(vectors.dataType, vectors.dim, count, seed).values
}

const centerCount = 20

function centersOf(dim: number): Float32Array {
  const random = randomFrom(99)
  return Float32Array.from({ length: centerCount * dim }, () => 2 * normal(random))
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function bitsOf(values: Float32Array, width: number): Uint8Array {
  const bits = new Uint8Array((values.length / (width * 8)) * width)
  values.forEach((value, index) => {
    if (value > 0) bits[index >> 3] |= 1 << (index & 7)
  })
  return bits
}

function storedAs(dataType: DataType, values: Float32Array) {
  if (dataType === DataType.FloatVector) return { stored: values, values }
  const stored =
    dataType === DataType.Int8Vector
      ? Int8Array.from(values, (value) => Math.max(-128, Math.min(127, Math.round(value * 12))))
      : Uint16Array.from(values, dataType === DataType.Float16Vector ? halfFrom : bfloatFrom)
  return { stored, values: widened(dataType, stored) }
}

function bfloatFrom(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] >>> 16
}

/** Cut to the nearest below; values as small as half's subnormal ones become 0. */
function halfFrom(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]
  const exponent = ((bits >>> 23) & 0xff) - 112
  const sign = (bits >>> 16) & 0x8000
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 0x3ff)
}
