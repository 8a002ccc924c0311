import { readFileSync } from 'node:fs'
import { parseNpyHeader } from 'millrace/formats'
import { mixture, seededUniform } from './mixture.js'

/** What a set of vectors is made of. */
export interface VectorSourceOptions {
  /** At most, where they come from a file. */
  readonly rowCount: number
  /** Of a mixture; a file has its own. */
  readonly dim: number
  readonly clusterCount: number
  readonly nq: number
  /** A .npy file of float32 rows, which takes the place of the mixture; '': none. */
  readonly data?: string
}

/** Rows, queries that are none of them, and to which of some regions each row belongs. */
export interface SourceVectors {
  readonly dim: number
  readonly rows: Float32Array
  readonly queries: Float32Array
  readonly regions: Uint32Array
}

export function sourceVectors(options: VectorSourceOptions): SourceVectors {
  return options.data ? vectorsOfFile(options.data, options) : vectorsOfMixture(options)
}

function vectorsOfMixture({ rowCount, dim, clusterCount, nq }: VectorSourceOptions): SourceVectors {
  const source = mixture(dim, clusterCount, 7)
  const regions = new Uint32Array(rowCount)
  const rows = source.rows(rowCount, regions)
  return { dim, rows, queries: source.rows(nq), regions }
}

function vectorsOfFile(path: string, { rowCount, nq }: VectorSourceOptions): SourceVectors {
  const { values, dim } = readRows(path)
  const count = values.length / dim
  if (count <= nq) throw new Error(`${path}: expected more than ${nq} rows, got ${count}`)
  const order = shuffled(count)
  const take = (places: Uint32Array) => {
    const taken = new Float32Array(places.length * dim)
    for (const [at, row] of places.entries()) {
      taken.set(values.subarray(row * dim, row * dim + dim), at * dim)
    }
    return taken
  }
  const rows = take(order.subarray(nq, Math.min(count, nq + rowCount)))
  return { dim, rows, queries: take(order.subarray(0, nq)), regions: regionsOf(rows, dim) }
}

function readRows(path: string): { values: Float32Array; dim: number } {
  const bytes = readFileSync(path)
  const { dtype, isFortranOrder, shape, dataOffset, dataBytes } = parseNpyHeader(bytes)
  if (dtype.code !== 'f4' || isFortranOrder || shape.length !== 2) {
    throw new Error(`${path}: expected rows of float32 in C order, got ${shape} of ${dtype.code}`)
  }
  const begin = bytes.byteOffset + dataOffset
  const values = new Float32Array(bytes.buffer.slice(begin, begin + dataBytes) as ArrayBuffer)
  return { values, dim: shape[1] }
}

function shuffled(count: number): Uint32Array {
  const uniform = seededUniform(5)
  const order = Uint32Array.from({ length: count }, (_, at) => at)
  for (let left = count - 1; left > 0; left--) {
    const other = Math.floor(uniform() * (left + 1))
    const row = order[left]
    order[left] = order[other]
    order[other] = row
  }
  return order
}

/** By the nearest of the first rows. */
function regionsOf(rows: Float32Array, dim: number): Uint32Array {
  return Uint32Array.from({ length: rows.length / dim }, (_, row) => {
    let [nearest, least] = [0, Number.POSITIVE_INFINITY]
    for (let pivot = 0; pivot < pivotCount; pivot++) {
      let distance = 0
      for (let at = 0; at < dim; at++) {
        const difference = rows[row * dim + at] - rows[pivot * dim + at]
        distance += difference * difference
      }
      if (distance < least) [nearest, least] = [pivot, distance]
    }
    return nearest
  })
}

const pivotCount = 50
