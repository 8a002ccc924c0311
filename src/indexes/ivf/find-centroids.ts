import type { BuildContext } from '../index-family.js'
import { assign, scratchesFor } from './assign-rows.js'
import type { BuildMemory } from './build-memory.js'
import { allOf, placeOf, runJob } from './build-run.js'
import { boundBytes, type ChooseListsInput } from './choose-lists-job.js'
import type { IvfShape } from './ivf-shape.js'
import type { CentroidSums, MoveCentroidsInput } from './move-centroids-job.js'

/** The first round is on a part of the sample: so many rows a list look for their centroid among all. */
const firstRowsPerList = 64
/** The whole of it. */
const rowsPerListMax = 256
const rowsPerListMin = 64
/** A sample of long rows is cut to this, but not to fewer rows a list. */
const sampleBytesMax = 512 * 1024 ** 2
/**
 * After it each row of the whole sample looks for the few centroids nearest to it, and then for so many rounds only
 * among those, for a small part of the work; and so again. The last rounds, in which few rows move, are worth the most.
 */
const nearRounds = [4, 6, 8, 10]
/** Were they those beside a row's centroid, what is in the middle of all would only ever take rows. */
const nearCountMax = 16
/** There are no more rounds once fewer rows move: a share of the sample. */
const restingShare = 0.002

const moveJob = new URL('./move-centroids-job.js', import.meta.url)
const chooseJob = new URL('./choose-lists-job.js', import.meta.url)

/** Rows of the sample, at most. */
export function sampleRowsMax(listCount: number, { centroidBytes }: IvfShape): number {
  const fitting = Math.floor(sampleBytesMax / centroidBytes)
  return Math.min(rowsPerListMax * listCount, Math.max(rowsPerListMin * listCount, fitting))
}

export interface Clustering {
  /** Rows in no order. */
  readonly sample: number
  readonly sampleCount: number
  /** Filled: the list of each row of the sample. */
  readonly lists: number
  /** Filled. */
  readonly centroids: number
  readonly listCount: number
}

/**
 * k-means; the first centroids are rows of the sample. At the end rows have the nearest of the lists that have been near
 * to them.
 * @param onProgress told the share that is done
 */
export async function findCentroids(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  clustering: Clustering,
  onProgress: (share: number) => void,
): Promise<void> {
  const { sample, sampleCount, lists, centroids, listCount } = clustering
  takeFirstRows(context, shape, clustering)
  if (sampleCount <= listCount) return
  const sums = takeSums(work, shape, clustering)
  const rowCount = Math.min(sampleCount, firstRowsPerList * listCount)
  const rows = { rows: sample, rowCount, areReady: true, lists, near: 0, nearCount: 1 }
  const scratches = scratchesFor(context, work, shape, listCount, 1)
  await assign(context, { ...rows, shape, centroids, listCount }, scratches, () => {})
  await move(context, shape, clustering, sums, rowCount, true)
  await settle(context, work, shape, clustering, sums, (times) =>
    onProgress(times / nearRounds.length),
  )
}

/** Each list has its own then. */
export function takeFirstRows(
  { vectors }: BuildContext,
  { centroidBytes }: IvfShape,
  { sample, sampleCount, lists, centroids, listCount }: Clustering,
): void {
  const { buffer } = vectors.region.memory
  new Uint8Array(buffer).copyWithin(centroids, sample, sample + listCount * centroidBytes)
  const rowLists = new Uint32Array(buffer, lists, Math.min(sampleCount, listCount))
  for (let list = 0; list < rowLists.length; list++) rowLists[list] = list
}

function takeSums(
  work: BuildMemory,
  { width }: IvfShape,
  { sampleCount, listCount }: Clustering,
): CentroidSums {
  const counted = work.take(sampleCount * 4)
  const sums = work.take(listCount * width * 8)
  return { counted, countedMax: sampleCount, sums, drifts: work.take(listCount * 4) }
}

/** @returns how many rows have another list than the last time */
async function move(
  context: BuildContext,
  shape: IvfShape,
  { sample, lists, centroids, listCount }: Clustering,
  sums: CentroidSums,
  sampleCount: number,
  isFirst = false,
): Promise<number> {
  const { memory } = context.vectors.region
  const input: MoveCentroidsInput = {
    ...{ memory, shape, sample, sampleCount, lists, centroids, listCount, sums, isFirst },
  }
  return runJob<MoveCentroidsInput, number>(context, moveJob, input)
}

/** @param onProgress told how many times rows have looked for what is near */
async function settle(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  clustering: Clustering,
  sums: CentroidSums,
  onProgress: (times: number) => void,
): Promise<void> {
  const { sample, sampleCount, lists, centroids, listCount } = clustering
  const nearCount = Math.min(nearCountMax, listCount)
  const near = work.take(sampleCount * nearCount * 2)
  const bounds = work.take(sampleCount * boundBytes(nearCount))
  const choice = { near, nearCount, bounds, drifts: sums.drifts }
  const scratches = scratchesFor(context, work, shape, listCount, nearCount)
  const rows = { rows: sample, rowCount: sampleCount, areReady: true, lists, near, nearCount }
  for (const [time, rounds] of nearRounds.entries()) {
    await assign(context, { ...rows, shape, centroids, listCount }, scratches, () => {})
    const moved = await move(context, shape, clustering, sums, sampleCount)
    await settleNear(context, shape, clustering, sums, choice, rounds)
    onProgress(time + 1)
    if (moved < sampleCount * restingShare) return
  }
}

/** What rows choose among, and by what. */
type Choice = Pick<ChooseListsInput, 'near' | 'nearCount' | 'bounds' | 'drifts'>

async function settleNear(
  context: BuildContext,
  shape: IvfShape,
  clustering: Clustering,
  sums: CentroidSums,
  choice: Choice,
  rounds: number,
): Promise<void> {
  const { sampleCount } = clustering
  await choose(context, shape, clustering, choice, true)
  for (let round = 0; round < rounds; round++) {
    await move(context, shape, clustering, sums, sampleCount)
    const moved = await choose(context, shape, clustering, choice, false)
    if (moved < sampleCount * restingShare) return
  }
}

/** @returns how many rows have another list now */
async function choose(
  context: BuildContext,
  shape: IvfShape,
  { sample, sampleCount, lists, centroids }: Clustering,
  { near, nearCount, bounds, drifts }: Choice,
  isFirst: boolean,
): Promise<number> {
  const { threadCount } = context.pool
  const size = Math.ceil(sampleCount / threadCount)
  const jobs = Array.from({ length: threadCount }, (_, share) => {
    const begin = Math.min(sampleCount, share * size)
    const input: ChooseListsInput = {
      ...{ ...placeOf(context), shape, centroids, nearCount, drifts, isFirst },
      rows: sample + begin * shape.centroidBytes,
      rowCount: Math.min(size, sampleCount - begin),
      lists: lists + begin * 4,
      near: near + begin * nearCount * 2,
      bounds: bounds + begin * boundBytes(nearCount),
    }
    return runJob<ChooseListsInput, number>(context, chooseJob, input)
  })
  return (await allOf(jobs)).reduce((sum, each) => sum + each, 0)
}
