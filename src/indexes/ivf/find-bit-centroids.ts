import type { BuildContext } from '../index-family.js'
import type { BuildMemory } from './build-memory.js'
import { placeOf, runJob } from './build-run.js'
import { type Clustering, findCentroids, takeFirstRows } from './find-centroids.js'
import type { IvfShape } from './ivf-shape.js'
import type { TurnBitsInput } from './turn-bits-job.js'

const turnJob = new URL('./turn-bits-job.js', import.meta.url)

const rowsPerListMax = 128
/** Of the sample's floats. */
const floatBytesMax = 512 * 1024 ** 2

/** Rows of the sample, at most: where floats of so many do not fit the first rows are the centroids. */
export function bitSampleRowsMax(listCount: number, { width }: IvfShape): number {
  const fitting = Math.floor(floatBytesMax / (width * 8 * 4))
  return Math.max(listCount, Math.min(rowsPerListMax * listCount, fitting))
}

/**
 * Centroids of rows of bits are found as floats, -1 and 1, and become bits at the end: what most rows have. As bits
 * they would stand still as soon as no row more makes a majority.
 */
export async function findBitCentroids(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  clustering: Clustering,
  onProgress: (share: number) => void,
): Promise<void> {
  const { sample, sampleCount, centroids, listCount } = clustering
  if (sampleCount <= listCount) {
    takeFirstRows(context, shape, clustering)
    return
  }
  const wide = floatShapeOf(shape)
  const { memory } = placeOf(context)
  const floats = work.take(sampleCount * wide.centroidBytes)
  const middles = work.take(listCount * wide.centroidBytes)
  const turn = (input: Omit<TurnBitsInput, 'memory'>) =>
    runJob<TurnBitsInput, void>(context, turnJob, { memory, ...input })
  const byteCount = sampleCount * shape.width
  await turn({ bits: sample, byteCount, floats, isToBits: false })
  const asFloats = { ...clustering, sample: floats, centroids: middles }
  await findCentroids(context, work, wide, asFloats, onProgress)
  await turn({
    ...{ bits: centroids, byteCount: listCount * shape.width, floats: middles, isToBits: true },
  })
}

/** Of the same rows as floats. */
function floatShapeOf(shape: IvfShape): IvfShape {
  const width = shape.width * 8
  const rowBytes = width * 4
  return { ...shape, isBits: false, width, rowBytes, centroidBytes: rowBytes }
}
