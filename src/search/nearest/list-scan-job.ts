import { hasBit } from '../../column/bitmap.js'
import type { FixedValues } from '../../column/column.js'
import { DataType } from '../../schema/data-type.js'
import type { Metric } from '../../schema/metric.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { Neighbors } from './nearest-query.js'
import { NearestRows } from './nearest-rows.js'
import { kernelQueries } from './query-floats.js'
import { type VectorDistance, vectorDistanceOf } from './vector-distance.js'

/** Rows of a segment, each a list of vectors. */
export interface ListRange {
  /** The segment's index among those that are searched. */
  readonly segment: number
  readonly rowBegin: number
  /** Of the range's rows: where each begins and the last ends. The first need not be 0. */
  readonly offsets: Int32Array
  /** The vectors of these rows alone. */
  readonly values: FixedValues
  /** A bit for every row of the segment that may be found; null: all may. */
  readonly mask: Uint8Array | null
  /** The same for every element of its rows. */
  readonly elementMask: Uint8Array | null
}

/** A share of a search by lists of vectors. */
export interface ListScanJob {
  readonly dataType: DataType
  /** Of two vectors. */
  readonly metric: Metric
  /** Components of a vector, or bytes of one of bits. */
  readonly width: number
  /** The vectors of all queries, as the kernels take them. */
  readonly queries: Uint8Array
  /** Where each query begins and the last ends, in vectors. */
  readonly queryOffsets: Int32Array
  /** Whether single vectors are looked for, rather than whole rows; a query is then one vector. */
  readonly isOfElements: boolean
  readonly k: number
  readonly near: number
  readonly ranges: readonly ListRange[]
}

/**
 * The nearest rows of each query; of elements, `rows` are elements of the segment. Runs in any thread; a
 * cancelled search stops within milliseconds.
 */
export function run(
  job: ListScanJob,
  context: Pick<WorkerContext, 'throwIfCancelled'>,
): Neighbors[] {
  const { dataType, queryOffsets, k, isOfElements } = job
  const nearest = Array.from({ length: queryOffsets.length - 1 }, () => new NearestRows(k))
  const queries = vectorsOf(dataType, job.queries)
  const offer = isOfElements ? offerElements : offerRow
  const distance = vectorDistanceOf(job.metric, job.width)
  for (const range of job.ranges) {
    const { rowBegin, offsets, values, mask } = range
    const vectors = vectorsOf(dataType, bytesOf(values))
    for (let index = 0; index + 1 < offsets.length; index++) {
      if ((index & 63) === 0) context.throwIfCancelled()
      if (offsets[index] === offsets[index + 1]) continue
      if (mask && !hasBit(mask, rowBegin + index)) continue
      for (const [at, rows] of nearest.entries()) {
        offer(job, range, index, { distance, queries, query: at, vectors }, rows)
      }
    }
  }
  return nearest.map((rows) => rows.neighbors())
}

/** One query, and the vectors of a range. */
interface Compared {
  readonly distance: VectorDistance
  readonly queries: Vectors
  readonly query: number
  readonly vectors: Vectors
}

function offerRow(
  { queryOffsets, near }: ListScanJob,
  { segment, rowBegin, offsets }: ListRange,
  index: number,
  { distance, queries, query, vectors }: Compared,
  rows: NearestRows,
): void {
  const list = { begin: offsets[index] - offsets[0], end: offsets[index + 1] - offsets[0] }
  const asked = { begin: queryOffsets[query], end: queryOffsets[query + 1] }
  const sum = sumOfNearest(distance, queries, asked, vectors, list)
  if (sum >= near) rows.offer(sum, segment, rowBegin + index)
}

function offerElements(
  { queryOffsets, near }: ListScanJob,
  { segment, offsets, elementMask }: ListRange,
  index: number,
  { distance, queries, query, vectors }: Compared,
  rows: NearestRows,
): void {
  for (let element = offsets[index]; element < offsets[index + 1]; element++) {
    if (elementMask && !hasBit(elementMask, element)) continue
    const vector = element - offsets[0]
    const found = Math.fround(distance(queries, queryOffsets[query], vectors, vector))
    if (found >= near) rows.offer(found, segment, element)
  }
}

type Vectors = Float32Array | Uint8Array

interface VectorRange {
  readonly begin: number
  readonly end: number
}

/** The sum over a query's vectors of how far the nearest vector of a list is. */
function sumOfNearest(
  distance: VectorDistance,
  queries: Vectors,
  query: VectorRange,
  vectors: Vectors,
  list: VectorRange,
): number {
  let sum = 0
  for (let at = query.begin; at < query.end; at++) {
    let least = Infinity
    for (let vector = list.begin; vector < list.end; vector++) {
      least = Math.min(least, distance(queries, at, vectors, vector))
    }
    sum += least
  }
  return Math.fround(sum)
}

function bytesOf({ buffer, byteOffset, byteLength }: FixedValues): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Float32 whatever they are stored as, or bits as they are. */
function vectorsOf(dataType: DataType, bytes: Uint8Array): Vectors {
  if (dataType === DataType.BinaryVector) return bytes
  const floats = kernelQueries(dataType, bytes)
  const aligned = floats.byteOffset % 4 === 0 ? floats : new Uint8Array(floats)
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)
}
