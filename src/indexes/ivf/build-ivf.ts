import { countBits } from '../../column/bitmap.js'
import type { VectorRegion } from '../../kernels/vector-region.js'
import type { BuildContext } from '../index-family.js'
import { assign, scratchesFor } from './assign-rows.js'
import { BuildMemory } from './build-memory.js'
import { allOf, placeOf, runJob } from './build-run.js'
import { type EncodeRowsInput, encodeScratchBytes, placesAtOnce } from './encode-rows-job.js'
import { bitSampleRowsMax, findBitCentroids } from './find-bit-centroids.js'
import { type Clustering, findCentroids, sampleRowsMax } from './find-centroids.js'
import { type IvfLayout, ivfLayout, writeHead } from './ivf-layout.js'
import { type IvfShape, ivfShape, shapeOfRows } from './ivf-shape.js'
import type { LayOutRowsInput } from './lay-out-rows-job.js'
import type { MeasuredRange, MeasureRangeInput } from './measure-range-job.js'
import { isStoredAsCentroids, type SampleRowsInput } from './sample-rows-job.js'
import { sampledRows } from './sampled-rows.js'
import type { SpreadListsInput } from './spread-lists-job.js'
import { trainCodes } from './train-codes.js'

const sampleJob = new URL('./sample-rows-job.js', import.meta.url)
const measureJob = new URL('./measure-range-job.js', import.meta.url)
const spreadJob = new URL('./spread-lists-job.js', import.meta.url)
const layOutJob = new URL('./lay-out-rows-job.js', import.meta.url)
const encodeJob = new URL('./encode-rows-job.js', import.meta.url)

/** Parts the rows into lists around centroids (k-means on a sample), and lays their codes out by list. */
export async function buildIvf(context: BuildContext): Promise<VectorRegion> {
  const { memory, vectors, spec } = context
  const wanted = ivfShape(spec, vectors)
  const rowCount = vectors.validity
    ? countBits(vectors.validity, vectors.rowCount)
    : vectors.rowCount
  const listCount = Math.max(1, Math.min(Number(spec.params.nlist), rowCount))
  const sampleMax = (wanted.isBits ? bitSampleRowsMax : sampleRowsMax)(listCount, wanted)
  const sampleCount = Math.min(rowCount, sampleMax)
  const work = new BuildMemory(context)
  let region: VectorRegion | null = null
  try {
    const sample = work.take(sampleCount * wanted.centroidBytes)
    const ids = await takeSample(context, work, wanted, sample, sampleCount)
    const range = await measureRange(context, work, wanted, sample, sampleCount)
    const shape = wanted.isExact && !range.isFine ? shapeOfRows(wanted) : wanted
    const layout = ivfLayout(listCount, rowCount, shape)
    region = memory.allocateIn(vectors.region.memoryId, layout.byteLength)
    const centroids = region.byteOffset + layout.centroids
    const lists = work.take(sampleCount * 4)
    const clustering = { sample, sampleCount, centroids, listCount, lists }
    const tell = progressOf(context)
    const find = shape.isBits ? findBitCentroids : findCentroids
    await find(context, work, shape, clustering, tell.clustered)
    writeHead(region, layout, shape, range.step)
    const centers = await prepareCodes(context, work, shape, { region, layout, clustering, range })
    const rowLists = work.take(vectors.rowCount * 4)
    // Bits have looked for their lists as floats only; and where each row is a centroid, equal ones stand together.
    const haveLists = sampleCount === rowCount && listCount < rowCount && !shape.isBits
    if (haveLists) await spreadLists(context, ids, clustering, rowLists)
    work.free(centers, rowLists)
    if (!haveLists) {
      await assignAll(context, work, shape, centroids, listCount, rowLists, tell.assigned)
    }
    tell.assigned(vectors.rowCount)
    await layOut(context, shape, region, rowLists)
    await encodeAll(context, work, shape, { region, layout, centers }, tell.encoded)
    return region
  } catch (error) {
    if (region) memory.free(region)
    throw error
  } finally {
    work.free()
  }
}

/** Rows of the build's progress: a third of each for what is done in turn. */
function progressOf({ vectors, onProgress }: BuildContext) {
  const { rowCount } = vectors
  const tell = (thirds: number) => onProgress?.(Math.floor((rowCount * thirds) / 3))
  return {
    clustered: (share: number) => tell(share),
    assigned: (rows: number) => tell(1 + rows / rowCount),
    encoded: (share: number) => tell(2 + share),
  }
}

/** @returns where the rows of the sample are named */
async function takeSample(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  sample: number,
  sampleCount: number,
): Promise<number> {
  const { vectors } = context
  const rows = sampledRows(vectors.rowCount, vectors.validity, sampleCount)
  const input: SampleRowsInput = {
    ...placeOf(context),
    shape,
    ids: work.put(new Uint8Array(rows.buffer)),
    sampleCount,
    sample,
    scratch: isStoredAsCentroids(shape) ? 0 : work.take(sampleCount * shape.rowBytes),
  }
  await runJob<SampleRowsInput, void>(context, sampleJob, input)
  return input.ids
}

interface CodeRange extends MeasuredRange {
  /** The middle of each component's range; 0: there are no int8 codes. */
  readonly offsets: number
}

/** What int8 codes can be made of. */
async function measureRange(
  context: BuildContext,
  work: BuildMemory,
  { isQuantized, product, width }: IvfShape,
  sample: number,
  sampleCount: number,
): Promise<CodeRange> {
  if (!isQuantized || product) return { step: 1, isFine: true, offsets: 0 }
  const offsets = work.take(width * 4)
  const { memory } = context.vectors.region
  const input: MeasureRangeInput = { memory, sample, sampleCount, width, offsets }
  return {
    ...(await runJob<MeasureRangeInput, MeasuredRange>(context, measureJob, input)),
    offsets,
  }
}

/** An index that is being built. */
interface UnfinishedIndex {
  readonly region: VectorRegion
  readonly layout: IvfLayout
}

interface PreparedIndex extends UnfinishedIndex {
  readonly clustering: Clustering
  readonly range: CodeRange
}

/**
 * What codes are made with, from the sample.
 * @returns the centers of product codes; 0: there are none
 */
async function prepareCodes(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  { region, layout, clustering, range }: PreparedIndex,
): Promise<number> {
  if (shape.product) return trainCodes(context, work, shape, region, clustering)
  if (!shape.isQuantized) return 0
  const offsets = region.byteOffset + layout.offsets
  const bytes = new Uint8Array(region.memory.buffer)
  bytes.copyWithin(offsets, range.offsets, range.offsets + shape.width * 4)
  return 0
}

async function spreadLists(
  context: BuildContext,
  ids: number,
  { lists, sampleCount }: Clustering,
  rowLists: number,
): Promise<void> {
  const { region, rowCount } = context.vectors
  const input: SpreadListsInput = {
    ...{ memory: region.memory, ids, lists, sampleCount, rowCount, rowLists },
  }
  await runJob<SpreadListsInput, void>(context, spreadJob, input)
}

async function assignAll(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  centroids: number,
  listCount: number,
  lists: number,
  onProgress: (rows: number) => void,
): Promise<void> {
  const { region, rowCount } = context.vectors
  const rows = { rows: region.byteOffset, rowCount, areReady: false, lists, near: 0, nearCount: 1 }
  const scratches = scratchesFor(context, work, shape, listCount, 1)
  await assign(context, { ...rows, shape, centroids, listCount }, scratches, onProgress)
}

async function layOut(
  context: BuildContext,
  shape: IvfShape,
  { memory, byteOffset: index }: VectorRegion,
  rowLists: number,
): Promise<void> {
  const { rowCount, validity } = context.vectors
  const input: LayOutRowsInput = { memory, shape, index, rowCount, rowLists, validity }
  await runJob<LayOutRowsInput, void>(context, layOutJob, input)
}

async function encodeAll(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  { region, layout, centers }: UnfinishedIndex & { readonly centers: number },
  onProgress: (share: number) => void,
): Promise<void> {
  const { threadCount } = context.pool
  const size = Math.ceil(layout.rowCount / threadCount / placesAtOnce) * placesAtOnce
  const jobs: Promise<void>[] = []
  const done: number[] = []
  for (let begin = 0; begin < layout.rowCount; begin += size) {
    const input: EncodeRowsInput = {
      ...{ ...placeOf(context), shape, centers, begin },
      index: region.byteOffset,
      end: Math.min(layout.rowCount, begin + size),
      scratch: work.take(encodeScratchBytes(shape)),
    }
    const share = jobs.length
    jobs.push(
      runJob<EncodeRowsInput, void>(context, encodeJob, input, (places) => {
        done[share] = places
        onProgress(done.reduce((sum, each) => sum + each, 0) / layout.rowCount)
      }),
    )
  }
  await allOf(jobs)
}
