import { hnswSearchBytes } from '../../kernels/hnsw-kernels.js'
import { kernelElements, kernelMetrics, scanScratchBytes } from '../../kernels/scan-kernels.js'
import { DataType } from '../../schema/data-type.js'
import type { IndexSearchJob } from '../index-family.js'
import { graphShapeOf, hasCoarseCodes } from './graph-shape.js'
import { efOf, scannedCandidates, sparseShare } from './walk-cost.js'

/** What the kernels are told of a search's queries. */
export interface GraphQuery {
  /** A number of `kernelMetrics`. */
  readonly metric: number
  /** A number of `kernelElements`, of the raw rows. */
  readonly element: number
  /** Components of a row, or bytes of a row of bits. */
  readonly width: number
  /** Of a row as it is stored. */
  readonly rowBytes: number
  readonly queryBytes: number
  /** Candidates of the walk, and how many of them are looked at exactly. */
  readonly ef: number
  readonly candidateCount: number
  /** The same for a query with nothing near it that may be found. */
  readonly efFar: number
  readonly farCandidateCount: number
  /** Of a look at all codes where the raw rows are in memory; 0: codes are too little shorter than rows. */
  readonly scannedCount: number
  /** That a walk may need, also one over masked rows. */
  readonly places: number
}

export function graphQueryOf(job: Omit<IndexSearchJob, 'scratch'>): GraphQuery {
  const { dataType, dim, spec, params, k } = job
  const isBits = dataType === DataType.BinaryVector
  const width = isBits ? dim / 8 : dim
  const refined = Math.ceil(k * (params.refine_k ?? 1))
  const isCoarse = hasCoarseCodes(spec, job)
  const efGiven = Math.max(efOf(params, k), refined) + (isCoarse ? efMoreOfCoarse : 0)
  const efWanted = job.near === -Infinity ? efGiven : efGiven * efNearFactor
  // A walk cannot have more candidates than there are rows.
  const within = (count: number) => Math.max(1, Math.min(count, job.rowCount))
  const ef = within(efWanted)
  const efFar = within(ef * efFarFactor)
  const candidateCount =
    job.near === -Infinity ? Math.min(ef, Math.max((isCoarse ? 3 : 2) * k + 16, refined)) : ef
  const scannedCount = isCoarse ? within(Math.max(scannedCandidates(k), efGiven)) : 0
  return {
    metric: kernelMetrics[spec.metric]!,
    element: kernelElements[dataType] ?? 0,
    width,
    rowBytes: width * (componentBytes[dataType] ?? 1),
    queryBytes: isBits ? width : width * 4,
    ef,
    candidateCount,
    efFar,
    // What lies elsewhere is about equally near, and codes tell it apart less well.
    farCandidateCount:
      job.mask === 0 ? candidateCount : Math.min(efFar, candidateCount * efFarFactor),
    scannedCount,
    places: within(Math.max(efFar, Math.ceil(ef / sparseShare), scannedCount)),
  }
}

const componentBytes: Partial<Record<DataType, number>> = {
  [DataType.FloatVector]: 4,
  [DataType.Float16Vector]: 2,
  [DataType.BFloat16Vector]: 2,
}

const efMoreOfCoarse = 4

/** What lies behind a least distance lies on all sides of it. */
const efNearFactor = 8

const efFarFactor = 8

/** Room for a walk, or for the scan that may take its place. */
export function searchBytesOf(job: Omit<IndexSearchJob, 'scratch'>): number {
  const query = graphQueryOf(job)
  const { element, width, places } = query
  const { m } = graphShapeOf(job.spec, job)
  const { rowCount, near } = job
  const innerMax = near === -Infinity ? 0 : rowCount
  const walkBytes = hnswSearchBytes(rowCount, width, m, places, innerMax)
  const scanBytes = scanScratchBytes(job.nq, element, width)
  return Math.max(walkBytes, scanBytes) + candidateBytes(job, query)
}

/** The end of the scratch is room for candidates whose rows are read from the file: numbers, then rows. */
function candidateBytes({ file }: Omit<IndexSearchJob, 'scratch'>, query: GraphQuery): number {
  return file ? query.farCandidateCount * (4 + query.rowBytes) + 32 : 0
}

/** Where that room begins. */
export function candidatesAt(job: IndexSearchJob, query: GraphQuery): number {
  const end = job.scratch + searchBytesOf(job)
  return Math.ceil((end - candidateBytes(job, query)) / 16) * 16
}
