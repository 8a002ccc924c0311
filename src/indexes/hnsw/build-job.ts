import { hasBit } from '../../column/bitmap.js'
import { hnswCodeKinds, hnswKernelsOn } from '../../kernels/hnsw-kernels.js'
import { kernelElements } from '../../kernels/scan-kernels.js'
import { DataType } from '../../schema/data-type.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import { scaleFrom } from './code-scale.js'
import type { GraphShape } from './graph-shape.js'

export type BuildStep =
  | 'measure'
  | 'create'
  | 'encode'
  | 'seed'
  | 'cluster'
  | 'arrange'
  | 'insert'
  | 'recode'

/** A thread's part of a step. Addresses are byte offsets in the memory. */
export interface BuildJob {
  readonly step: BuildStep
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly vectors: number
  readonly dataType: DataType
  readonly rowCount: number
  readonly validity: Uint8Array | null
  /** Rows that have a vector. */
  readonly nodeCount: number
  readonly shape: GraphShape
  readonly index: number
  readonly upperSlots: number
  readonly shared: number
  /** Of the ranges of nodes that the threads take from each other; 0 at the beginning of the step. */
  readonly counter: number
  /** This thread's own. */
  readonly scratch: number
}

/** What a build needs. */
export interface BuildRooms {
  readonly indexBytes: number
  /** Of the index when it is built. */
  readonly builtBytes: number
  readonly upperSlots: number
  readonly sharedBytes: number
  readonly scratchBytes: number
}

type Kernels = ReturnType<typeof hnswKernelsOn>

export function run(job: BuildJob, context: WorkerContext): BuildRooms | undefined {
  const kernels = hnswKernelsOn(job.memoryId, job.memory)
  if (job.step === 'measure') return measure(kernels, job)
  if (job.step === 'create') create(kernels, job)
  else kernels.hnswOpen(job.index)
  steps[job.step]?.(kernels, job, context)
  return undefined
}

const steps: Partial<
  Record<BuildStep, (kernels: Kernels, job: BuildJob, context: WorkerContext) => void>
> = { encode, seed, cluster, arrange, insert, recode }

function measure(kernels: Kernels, { nodeCount, shape }: BuildJob): BuildRooms {
  const { kind, searchKind, width, m, efConstruction } = shape
  const upperSlots = kernels.hnswUpperSlots(nodeCount, m) >>> 0
  const bytesOf = (codes: number) => kernels.hnswByteLength(codes, width, nodeCount, m, upperSlots)
  const builtBytes = bytesOf(searchKind)
  return {
    upperSlots,
    indexBytes: Math.max(bytesOf(kind), builtBytes),
    builtBytes,
    sharedBytes: sharedBytesOf(kernels, nodeCount),
    scratchBytes: kernels.hnswBuildBytes(kind, width, nodeCount, m, efConstruction) >>> 0,
  }
}

/** What `kernels` share, then the seeds. */
function sharedBytesOf(kernels: Kernels, nodeCount: number): number {
  const seedBytes = kernels.hnswSeedBytes(seedLevels(nodeCount)) >>> 0
  return (kernels.hnswSharedBytes(nodeCount) >>> 0) + seedBytes
}

function create(kernels: Kernels, job: BuildJob): void {
  const { memory, index, shape, nodeCount, validity } = job
  const { kind, width, normalizes, m } = shape
  kernels.hnswCreate(index, kind, width, normalizes ? 1 : 0, nodeCount, m, job.upperSlots)
  const rows = new Uint32Array(memory.buffer, kernels.hnswRows() >>> 0, nodeCount)
  let node = 0
  for (let row = 0; row < job.rowCount; row++) {
    if (!validity || hasBit(validity, row)) rows[node++] = row
  }
  new Uint8Array(memory.buffer, job.shared, kernels.hnswSharedBytes(nodeCount) >>> 0).fill(0)
  setScale(kernels, job, kind)
}

/** The links are there: from now on there are the codes to search by. */
function recode(kernels: Kernels, job: BuildJob): void {
  const { searchKind } = job.shape
  kernels.hnswRecode(searchKind, job.upperSlots)
  setScale(kernels, job, searchKind)
}

/** From a sample of the rows: the means of the components, and the scale that keeps nearly all in range. */
function setScale(kernels: Kernels, job: BuildJob, kind: number): void {
  const { memory, vectors, dataType, shape, nodeCount } = job
  const { width } = shape
  const codeMax = kernels.hnswCodeMax(kind, width)
  if (codeMax === 0 || isOwnCode(job, kind)) return
  const rows = new Uint32Array(memory.buffer, kernels.hnswRows() >>> 0, nodeCount)
  const sampleCount = Math.min(nodeCount, Math.max(64, Math.floor(sampledValues / width)))
  const sample = new Float32Array(sampleCount * width)
  for (let index = 0; index < sampleCount; index++) {
    const row = rows[Math.floor((index * nodeCount) / sampleCount)]
    const element = kernelElements[dataType]!
    const floats = kernels.hnswFloats(element, vectors, row, job.scratch) >>> 0
    sample.set(new Float32Array(memory.buffer, floats, width), index * width)
  }
  const mean = new Float32Array(memory.buffer, kernels.hnswMean() >>> 0, width)
  kernels.hnswSetScale(scaleFrom(sample, mean, codeMax, kind))
}

/** Rows of bytes are codes as they are. */
function isOwnCode({ dataType, shape }: BuildJob, kind: number): boolean {
  const isOfBytes = kind === hnswCodeKinds.squared8 || kind === hnswCodeKinds.dot8
  return dataType === DataType.Int8Vector && !shape.normalizes && isOfBytes
}

const sampledValues = 1 << 18

function encode(kernels: Kernels, job: BuildJob, context: WorkerContext): void {
  const element = kernelElements[job.dataType] ?? 0
  takeRanges(job, context, 512, (first, end) =>
    kernels.hnswEncode(element, job.vectors, first, end, job.scratch),
  )
}

function seed(kernels: Kernels, job: BuildJob): void {
  const { nodeCount, scratch } = job
  const levels = seedLevels(nodeCount)
  const sampleCount = Math.min(nodeCount, samplesPerCluster * clustersOf(levels))
  const step = Math.floor(nodeCount / sampleCount)
  if (sampleCount > 0)
    kernels.hnswChooseSeeds(seedsOf(kernels, job), levels, sampleCount, step, scratch)
}

/** Clusters of some tens to some hundreds of nodes. */
function seedLevels(nodeCount: number): number {
  return nodeCount < manyNodes ? 2 : 3
}

const manyNodes = 400_000

function clustersOf(levels: number): number {
  return 32 ** levels
}

const samplesPerCluster = 8

function cluster(kernels: Kernels, job: BuildJob, context: WorkerContext): void {
  const clusters = kernels.hnswOrder(job.shared)
  const seeds = seedsOf(kernels, job)
  const levels = seedLevels(job.nodeCount)
  takeRanges(job, context, 32, (first, end) =>
    kernels.hnswCluster(seeds, levels, first, end, clusters, job.scratch),
  )
}

function seedsOf(kernels: Kernels, { shared, nodeCount }: BuildJob): number {
  return shared + (kernels.hnswSharedBytes(nodeCount) >>> 0)
}

/** Numbers the nodes anew, cluster after cluster, and makes the order of their insertion. */
function arrange(kernels: Kernels, job: BuildJob): void {
  const { memory, nodeCount } = job
  const order = kernels.hnswOrder(job.shared) >>> 0
  const rows = new Uint32Array(memory.buffer, kernels.hnswRows() >>> 0, nodeCount)
  const clusters = new Uint32Array(memory.buffer, order, nodeCount)
  rows.set(sortedBy(rows, clusters, clustersOf(seedLevels(nodeCount))))
  kernels.hnswPlaceNodes(order)
}

function insert(kernels: Kernels, job: BuildJob, context: WorkerContext): void {
  kernels.hnswOpenBuild(job.shared, job.shape.efConstruction, job.scratch)
  let toldAt = performance.now()
  takeRanges(job, context, insertedAtOnce(job.shape), (first, end) => {
    kernels.hnswInsert(first, end)
    if (performance.now() - toldAt < tellEveryMs) return
    toldAt = performance.now()
    context.reportProgress(first)
  })
}

/** Half a millisecond's worth: between them, the thread gives way. */
function insertedAtOnce({ width, efConstruction }: GraphShape): number {
  return Math.max(1, Math.min(4, Math.floor(500_000 / (width * efConstruction))))
}

const tellEveryMs = 100

/** Until all threads together have had all nodes. */
function takeRanges(
  { memory, counter, nodeCount }: BuildJob,
  context: WorkerContext,
  length: number,
  work: (first: number, end: number) => void,
): void {
  const counters = new Int32Array(memory.buffer, counter, 1)
  while (true) {
    context.throwIfCancelled()
    const first = Atomics.add(counters, 0, length) >>> 0
    if (first >= nodeCount) return
    work(first, Math.min(first + length, nodeCount))
  }
}

function sortedBy(rows: Uint32Array, clusters: Uint32Array, clusterCount: number): Uint32Array {
  const begins = new Uint32Array(clusterCount + 1)
  for (const cluster of clusters) begins[cluster + 1]++
  for (let cluster = 0; cluster < clusterCount; cluster++) begins[cluster + 1] += begins[cluster]
  const sorted = new Uint32Array(rows.length)
  for (let node = 0; node < rows.length; node++) sorted[begins[clusters[node]]++] = rows[node]
  return sorted
}
