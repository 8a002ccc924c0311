import type { BuildContext } from '../index-family.js'
import { assign, scratchesFor } from './assign-rows.js'
import type { BuildMemory } from './build-memory.js'
import { allOf, placeOf, runJob } from './build-run.js'
import type { IvfShape } from './ivf-shape.js'
import type { MoveCentroidsInput } from './move-centroids-job.js'
import { type ReassignRowsInput, reassignScratchBytes } from './reassign-rows-job.js'

/** Rounds in which every row of a part of the sample looks for its centroid among all; so many rows a list. */
const roundsRowsPerList = [64, 64, 64, 256]
/** A sample of long rows is cut to this, but for what the first rounds need. */
const sampleBytesMax = 512 * 1024 ** 2
/**
 * Rounds after them, in which rows of the whole sample look only among the centroids beside their own, for a
 * small part of the work: many are needed until lists lie where rows do.
 */
const nearRoundsMax = 20
/** There are no more of them once fewer rows move: a share of the sample. */
const restingShare = 0.002

const moveJob = new URL('./move-centroids-job.js', import.meta.url)
const reassignJob = new URL('./reassign-rows-job.js', import.meta.url)

/** Rows of the sample, at most. */
export function sampleRowsMax(listCount: number, { centroidBytes }: IvfShape): number {
  const [least, most] = [Math.min(...roundsRowsPerList), Math.max(...roundsRowsPerList)]
  const fitting = Math.floor(sampleBytesMax / centroidBytes)
  return Math.min(most * listCount, Math.max(least * listCount, fitting))
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
  const scratches = scratchesFor(context, work, shape)
  const rows = { rows: sample, rowCount: sampleCount, areReady: true, lists }
  const assignment = { ...rows, shape, centroids, listCount }
  const rounds = sampleCount > listCount ? roundsRowsPerList : []
  for (const [round, perList] of rounds.entries()) {
    const rowCount = Math.min(sampleCount, perList * listCount)
    await assign(context, { ...assignment, rowCount }, scratches, () => {})
    await move(context, shape, clustering, rowCount)
    onProgress((round + 1) / (rounds.length + 1))
  }
  if (rounds.length > 0 && !shape.isBits) await settle(context, work, shape, clustering)
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

/** The rows have the lists of the last round. */
async function settle(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  clustering: Clustering,
): Promise<void> {
  const { sample, sampleCount, lists, centroids, listCount } = clustering
  const { threadCount } = context.pool
  const size = Math.ceil(sampleCount / threadCount)
  const inputs = Array.from({ length: threadCount }, (_, share): ReassignRowsInput => {
    const begin = Math.min(sampleCount, share * size)
    return {
      ...{ ...placeOf(context), shape, centroids, listCount },
      rows: sample + begin * shape.centroidBytes,
      rowCount: Math.min(size, sampleCount - begin),
      lists: lists + begin * 4,
      scratch: work.take(reassignScratchBytes(shape)),
    }
  })
  for (let round = 0; round < nearRoundsMax; round++) {
    const moved = await allOf(
      inputs.map((input) => runJob<ReassignRowsInput, number>(context, reassignJob, input)),
    )
    await move(context, shape, clustering, sampleCount)
    if (moved.reduce((sum, each) => sum + each, 0) < sampleCount * restingShare) return
  }
}
