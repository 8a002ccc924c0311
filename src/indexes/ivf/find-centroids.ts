import type { BuildContext } from '../index-family.js'
import { assign, scratchesFor } from './assign-rows.js'
import type { BuildMemory } from './build-memory.js'
import { allOf, placeOf, runJob } from './build-run.js'
import type { ChooseListsInput } from './choose-lists-job.js'
import type { IvfShape } from './ivf-shape.js'
import type { MoveCentroidsInput } from './move-centroids-job.js'

/** Rounds on a part of the sample, in which every row looks for its centroid among all; so many rows a list. */
const roundsRowsPerList = [128, 128, 128]
/** The whole of it. */
const rowsPerListMax = 256
const rowsPerListMin = 64
/** A sample of long rows is cut to this, but not to fewer rows a list. */
const sampleBytesMax = 512 * 1024 ** 2
/**
 * After them each row of the whole sample looks for the few centroids nearest to it, and then for so many rounds only
 * among those, for a small part of the work; and once more.
 */
const nearRounds = [6, 14]
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
 * k-means; the first centroids are rows of the sample.
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
  const { memory } = context.vectors.region
  const bytes = new Uint8Array(memory.buffer)
  bytes.copyWithin(centroids, sample, sample + listCount * shape.centroidBytes)
  const rounds = sampleCount > listCount ? roundsRowsPerList : []
  const roundCount = rounds.length + nearRounds.length
  const scratches = scratchesFor(context, work, shape, 1)
  const rows = { rows: sample, rowCount: sampleCount, areReady: true, lists }
  const assignment = { ...rows, shape, centroids, listCount, near: 0, nearCount: 1 }
  for (const [round, perList] of rounds.entries()) {
    const rowCount = Math.min(sampleCount, perList * listCount)
    await assign(context, { ...assignment, rowCount }, scratches, () => {})
    await move(context, shape, clustering, rowCount)
    onProgress((round + 1) / roundCount)
  }
  if (rounds.length > 0) {
    await settle(context, work, shape, clustering, (part) =>
      onProgress((rounds.length + part) / roundCount),
    )
  }
  if (shape.product) await assign(context, assignment, scratches, () => {})
}

async function move(
  context: BuildContext,
  shape: IvfShape,
  { sample, lists, centroids, listCount }: Clustering,
  sampleCount: number,
): Promise<void> {
  const { memory } = context.vectors.region
  const input: MoveCentroidsInput = {
    ...{ memory, shape, sample, sampleCount, lists, centroids, listCount },
  }
  await runJob<MoveCentroidsInput, void>(context, moveJob, input)
}

/** @param onProgress told how many times rows have looked for what is near */
async function settle(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  clustering: Clustering,
  onProgress: (times: number) => void,
): Promise<void> {
  const { sample, sampleCount, lists, centroids, listCount } = clustering
  const nearCount = Math.min(nearCountMax, listCount)
  const near = work.take(sampleCount * nearCount * 2)
  const scratches = scratchesFor(context, work, shape, nearCount)
  const rows = { rows: sample, rowCount: sampleCount, areReady: true, lists, near, nearCount }
  for (const [time, rounds] of nearRounds.entries()) {
    await assign(context, { ...rows, shape, centroids, listCount }, scratches, () => {})
    await move(context, shape, clustering, sampleCount)
    await settleNear(context, shape, clustering, near, nearCount, rounds)
    onProgress(time + 1)
  }
}

async function settleNear(
  context: BuildContext,
  shape: IvfShape,
  clustering: Clustering,
  near: number,
  nearCount: number,
  rounds: number,
): Promise<void> {
  const { sample, sampleCount, lists, centroids } = clustering
  const { threadCount } = context.pool
  const size = Math.ceil(sampleCount / threadCount)
  const inputs = Array.from({ length: threadCount }, (_, share): ChooseListsInput => {
    const begin = Math.min(sampleCount, share * size)
    return {
      ...{ ...placeOf(context), shape, centroids, nearCount },
      rows: sample + begin * shape.centroidBytes,
      rowCount: Math.min(size, sampleCount - begin),
      lists: lists + begin * 4,
      near: near + begin * nearCount * 2,
    }
  })
  for (let round = 0; round < rounds; round++) {
    const moved = await allOf(
      inputs.map((input) => runJob<ChooseListsInput, number>(context, chooseJob, input)),
    )
    await move(context, shape, clustering, sampleCount)
    if (moved.reduce((sum, each) => sum + each, 0) < sampleCount * restingShare) return
  }
}
