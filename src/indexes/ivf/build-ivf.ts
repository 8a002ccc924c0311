import { countBits } from '../../column/bitmap.js'
import type { VectorRegion } from '../../kernels/vector-region.js'
import type { BuildContext } from '../index-family.js'
import { type AssignRowsInput, assignScratchBytes } from './assign-rows-job.js'
import { ivfLayout, writeHead } from './ivf-layout.js'
import { type IvfShape, ivfShape } from './ivf-shape.js'
import { type LayOutRowsInput, layOutScratchBytes } from './lay-out-rows-job.js'
import type { MeasureRangeInput } from './measure-range-job.js'
import type { MoveCentroidsInput } from './move-centroids-job.js'
import type { SampleRowsInput } from './sample-rows-job.js'
import { sampledRows } from './sampled-rows.js'

/** Lists are found from so many rows each, in so many rounds: more make them hardly better. */
const sampleRowsPerList = 48
const rounds = 8

const assignJob = new URL('./assign-rows-job.js', import.meta.url)
const moveJob = new URL('./move-centroids-job.js', import.meta.url)
const sampleJob = new URL('./sample-rows-job.js', import.meta.url)
const measureJob = new URL('./measure-range-job.js', import.meta.url)
const layOutJob = new URL('./lay-out-rows-job.js', import.meta.url)

/** Parts the rows into lists around centroids (k-means on a sample), and lays their codes out by list. */
export async function buildIvf(context: BuildContext): Promise<VectorRegion> {
  const { memory, vectors, spec } = context
  const shape = ivfShape(spec, vectors)
  const rowCount = vectors.validity
    ? countBits(vectors.validity, vectors.rowCount)
    : vectors.rowCount
  const listCount = Math.max(1, Math.min(Number(spec.params.nlist), rowCount))
  const layout = ivfLayout(listCount, rowCount, shape.centroidBytes, shape.codeBytes)
  const { memoryId } = vectors.region
  const region = memory.allocateIn(memoryId, layout.byteLength)
  const work = new BuildMemory(context)
  try {
    const centroids = region.byteOffset + layout.centroids
    const sampleCount = Math.min(rowCount, Math.max(listCount, sampleRowsPerList * listCount))
    const sample = work.take(sampleCount * shape.centroidBytes)
    await takeSample(context, work, shape, sample, sampleCount)
    await findCentroids(context, work, shape, { sample, sampleCount, centroids, listCount })
    const offsets = region.byteOffset + layout.offsets
    const step = shape.isQuantized
      ? await measureRange(context, { sample, sampleCount, width: shape.width, offsets })
      : 1
    work.free()
    writeHead(region, layout, step)
    const rowLists = work.take(vectors.rowCount * 4)
    await assignAll(context, work, shape, centroids, listCount, rowLists)
    await layOut(context, work, shape, region, rowLists)
    return region
  } catch (error) {
    memory.free(region)
    throw error
  } finally {
    work.free()
  }
}

/** What a build takes in the memory of the vectors, for as long as it lasts. */
class BuildMemory {
  readonly #context: BuildContext
  #regions: VectorRegion[] = []

  constructor(context: BuildContext) {
    this.#context = context
  }

  take(byteLength: number): number {
    const { memory, vectors } = this.#context
    const region = memory.allocateIn(vectors.region.memoryId, byteLength)
    this.#regions.push(region)
    return region.byteOffset
  }

  put(bytes: Uint8Array): number {
    const { memory } = this.#context
    const address = this.take(bytes.byteLength)
    memory.bytesOf(this.#regions[this.#regions.length - 1]).set(bytes)
    return address
  }

  free(): void {
    for (const region of this.#regions) this.#context.memory.free(region)
    this.#regions = []
  }
}

async function takeSample(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  sample: number,
  sampleCount: number,
): Promise<void> {
  const { vectors } = context
  const rows = sampledRows(vectors.rowCount, vectors.validity, sampleCount)
  const input: SampleRowsInput = {
    ...placeOf(context),
    shape,
    ids: work.put(new Uint8Array(rows.buffer)),
    sampleCount,
    sample,
    scratch: work.take(sampleCount * shape.rowBytes),
  }
  await runJob<SampleRowsInput, void>(context, sampleJob, input)
}

interface Clustering {
  readonly sample: number
  readonly sampleCount: number
  readonly centroids: number
  readonly listCount: number
}

/** The first centroids are rows of the sample, which lie in no order. */
async function findCentroids(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  { sample, sampleCount, centroids, listCount }: Clustering,
): Promise<void> {
  const { memory } = context.vectors.region
  const bytes = new Uint8Array(memory.buffer)
  bytes.copyWithin(centroids, sample, sample + listCount * shape.centroidBytes)
  const lists = work.take(sampleCount * 4)
  const scratches = scratchesFor(context, work, shape)
  const move: MoveCentroidsInput = {
    ...{ memory, shape, sample, sampleCount, lists, centroids, listCount },
  }
  for (let round = 0; round < rounds && sampleCount > listCount; round++) {
    const rows = { rows: sample, rowCount: sampleCount, areReady: true, lists }
    await assign(context, { ...rows, shape, centroids, listCount }, scratches, () => {})
    await runJob<MoveCentroidsInput, void>(context, moveJob, move)
  }
}

function measureRange(
  context: BuildContext,
  input: Omit<MeasureRangeInput, 'memory'>,
): Promise<number> {
  const { memory } = context.vectors.region
  return runJob<MeasureRangeInput, number>(context, measureJob, { memory, ...input })
}

async function assignAll(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  centroids: number,
  listCount: number,
  lists: number,
): Promise<void> {
  const { region, rowCount } = context.vectors
  const rows = { rows: region.byteOffset, rowCount, areReady: false, lists }
  const scratches = scratchesFor(context, work, shape)
  await assign(context, { ...rows, shape, centroids, listCount }, scratches, (rowsDone) =>
    context.onProgress?.(rowsDone),
  )
}

function scratchesFor({ pool }: BuildContext, work: BuildMemory, shape: IvfShape): number[] {
  return Array.from({ length: pool.threadCount }, () => work.take(assignScratchBytes(shape)))
}

type Assignment = Omit<AssignRowsInput, 'memoryId' | 'memory' | 'scratch'>

/** Cuts the rows for all threads. All have ended when it does. */
async function assign(
  context: BuildContext,
  { rows, rowCount, lists, areReady, shape, ...rest }: Assignment,
  scratches: readonly number[],
  onProgress: (rows: number) => void,
): Promise<void> {
  const size = Math.ceil(rowCount / scratches.length)
  const stride = areReady ? shape.centroidBytes : shape.rowBytes
  const done = scratches.map(() => 0)
  const jobs = scratches.map((scratch, share) => {
    const begin = Math.min(rowCount, share * size)
    const input: AssignRowsInput = {
      ...{ ...placeOf(context), ...rest, shape, areReady, scratch },
      rows: rows + begin * stride,
      rowCount: Math.min(size, rowCount - begin),
      lists: lists + begin * 4,
    }
    return runJob<AssignRowsInput, void>(context, assignJob, input, (value) => {
      done[share] = value
      onProgress(done.reduce((sum, each) => sum + each, 0))
    })
  })
  const results = await Promise.allSettled(jobs)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

async function layOut(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  region: VectorRegion,
  rowLists: number,
): Promise<void> {
  const { rowCount, validity } = context.vectors
  const input: LayOutRowsInput = {
    ...placeOf(context),
    ...{ shape, rowCount, rowLists, validity },
    index: region.byteOffset,
    scratch: work.take(layOutScratchBytes(shape)),
  }
  await runJob<LayOutRowsInput, void>(context, layOutJob, input)
}

function placeOf({ vectors }: BuildContext) {
  const { memoryId, memory, byteOffset } = vectors.region
  return { memoryId, memory, rows: byteOffset }
}

function runJob<Input, Result>(
  { pool, signal }: BuildContext,
  module: URL,
  input: Input,
  onProgress?: (value: number) => void,
): Promise<Result> {
  const options = { lane: 'batch', ...(signal && { signal }), ...(onProgress && { onProgress }) }
  return pool.run<Input, Result>(module, input, options as Parameters<typeof pool.run>[2])
}
