import {
  type FixedColumn,
  type FixedValues,
  type ListColumn,
  layoutOf,
} from '../../column/column.js'
import { regularOffsets } from '../../column/regular-offsets.js'
import { rowOfElement } from '../../column/row-of-element.js'
import type { Field } from '../../schema/field.js'
import { innerMetricOf, type Metric } from '../../schema/metric.js'
import { elementFieldOf } from '../../schema/struct-array.js'
import type { WorkerPool } from '../../workers/worker-job.js'
import type { QueryVectors } from '../search-request.js'
import { type ListRange, type ListScanJob, run as runListScan } from './list-scan-job.js'
import { looksAt } from './looks-at.js'
import type { Neighbors } from './nearest-query.js'
import { NearestRows } from './nearest-rows.js'
import { kernelQueries } from './query-floats.js'

/** The rows of a segment that a search by lists of vectors looks at. */
interface ListRows {
  readonly rowCount: number
  readonly column: ListColumn
  readonly mask: Uint8Array | null
  /** Of a search for single elements: a bit for every one that may be found; left out: all may. */
  readonly elementMask?: Uint8Array | null
}

interface ListQuery {
  readonly field: Field
  /** Of lists, where the queries are lists. */
  readonly metric: Metric
  /** As `checkQueries` wants them. */
  readonly queries: QueryVectors
  readonly k: number
  readonly near: number
  readonly signal?: AbortSignal
}

/**
 * The k rows whose lists of vectors are nearest to each query's list, by a scan over all. How far two lists
 * are is the sum, over the query's vectors, of how far the nearest vector of the row is. A row without
 * vectors is not found. Where the queries are single vectors, it is the k nearest vectors of all rows.
 */
export async function nearestLists(
  pool: WorkerPool,
  segments: readonly ListRows[],
  query: ListQuery,
): Promise<Neighbors[]> {
  const job = jobOf(query)
  const found = isShort(segments, job)
    ? [runListScan({ ...job, ranges: rangesIn(segments, 0, Infinity) }, looksAt(query.signal))]
    : await runOnThreads(pool, segments, job, query.signal)
  return Array.from({ length: query.queries.nq }, (_, index) => {
    const nearest = new NearestRows(query.k)
    for (const ofJob of found) nearest.offerAll(ofJob[index])
    const neighbors = nearest.neighbors()
    return job.isOfElements ? inRows(neighbors, segments) : neighbors
  })
}

/** The rows that elements of the segments lie in, and where. */
function inRows(
  { distances, segments: ofSegments, rows: elements }: Neighbors,
  segments: readonly ListRows[],
): Neighbors {
  const rows = elements.map((element, at) =>
    rowOfElement(segments[ofSegments[at]].column.offsets, element),
  )
  const places = elements.map(
    (element, at) => element - segments[ofSegments[at]].column.offsets[rows[at]],
  )
  return { distances, segments: ofSegments, rows, elements: places }
}

function jobOf({ field, metric, queries, k, near }: ListQuery): Omit<ListScanJob, 'ranges'> {
  const element = elementFieldOf(field)
  const layout = layoutOf(element)
  if (layout.shape !== 'fixed') throw new TypeError(`field ${field.name} has no lists of vectors`)
  const vectorBytes = layout.width * layout.valuesType.BYTES_PER_ELEMENT
  const { isList = false, nq } = queries
  const { offsets = regularOffsets(nq, vectorBytes) } = queries
  return {
    dataType: element.dataType,
    metric: innerMetricOf(metric),
    width: layout.width,
    queries: kernelQueries(element.dataType, queries.bytes),
    queryOffsets: offsets.map((offset) => offset / vectorBytes),
    isOfElements: !isList,
    k,
    near,
  }
}

/** Below it a scan is done before a message has reached a thread and come back. */
const operationsHere = 1_000_000

function isShort(
  segments: readonly ListRows[],
  { queryOffsets, width }: Omit<ListScanJob, 'ranges'>,
): boolean {
  let vectorCount = 0
  for (const { column, rowCount } of segments) {
    vectorCount += column.offsets[rowCount] - column.offsets[0]
  }
  const queryVectorCount = queryOffsets[queryOffsets.length - 1]
  return vectorCount * queryVectorCount * width < operationsHere
}

const scanModule = new URL('./list-scan-job.js', import.meta.url)

/** Each job has about as many rows as the others, in the order of the rows. */
async function runOnThreads(
  pool: WorkerPool,
  segments: readonly ListRows[],
  job: Omit<ListScanJob, 'ranges'>,
  signal: AbortSignal | undefined,
): Promise<Neighbors[][]> {
  let rowCount = 0
  for (const segment of segments) rowCount += segment.rowCount
  const share = Math.ceil(rowCount / pool.threadCount)
  const jobs = Array.from({ length: Math.ceil(rowCount / share) }, (_, index) => ({
    ...job,
    ranges: rangesIn(segments, index * share, (index + 1) * share),
  }))
  const options = { lane: 'interactive', ...(signal && { signal }) } as const
  return Promise.all(
    jobs.map((each) => pool.run<ListScanJob, Neighbors[]>(scanModule, each, options)),
  )
}

/** Rows `[begin, end)`, counted over all segments. */
function rangesIn(segments: readonly ListRows[], begin: number, end: number): ListRange[] {
  const ranges: ListRange[] = []
  let rowsBefore = 0
  for (const [segment, { rowCount, column, mask, elementMask = null }] of segments.entries()) {
    const rowBegin = Math.max(0, begin - rowsBefore)
    const rowEnd = Math.min(rowCount, end - rowsBefore)
    rowsBefore += rowCount
    if (rowBegin >= rowEnd) continue
    const offsets = column.offsets.slice(rowBegin, rowEnd + 1)
    const { values, width } = column.child as FixedColumn
    const used = values.subarray(offsets[0] * width, offsets[offsets.length - 1] * width)
    ranges.push({ segment, rowBegin, offsets, values: cheapToSend(used), mask, elementMask })
  }
  return ranges
}

/** Memory that is not shared would be sent whole, however little of it is used. */
function cheapToSend(values: FixedValues): FixedValues {
  return values.buffer instanceof SharedArrayBuffer ? values : values.slice()
}
