import { hnswCodeKinds } from '../../kernels/hnsw-kernels.js'

/**
 * Fills the means, and gives what one step of a code is worth, so that nearly all values are in its range: the
 * few that are not would make it coarse for all others.
 * @param sample rows of floats, one after the other
 */
export function scaleFrom(
  sample: Float32Array,
  mean: Float32Array,
  codeMax: number,
  kind: number,
): number {
  if (!dotKinds.includes(kind)) fillMeans(sample, mean)
  const width = mean.length
  const sizes = sample.map((value, index) => Math.abs(value - mean[index % width])).sort()
  const share = coarseKinds.includes(kind) ? keptShareOfCoarse : keptShare
  const range = sizes[Math.floor((sizes.length - 1) * share)]
  return range > 0 ? range / codeMax : sizes.at(-1)! / codeMax || 1
}

const dotKinds: readonly number[] = [
  hnswCodeKinds.dot4,
  hnswCodeKinds.dot6,
  hnswCodeKinds.dot8,
  hnswCodeKinds.dot16,
]
const keptShare = 0.9998
/** Of 16 steps, finer ones for the others are worth more than those at the edges. */
const coarseKinds: readonly number[] = [hnswCodeKinds.squared4, hnswCodeKinds.dot4]
const keptShareOfCoarse = 0.994

function fillMeans(sample: Float32Array, mean: Float32Array): void {
  const width = mean.length
  const sums = new Float64Array(width)
  for (let index = 0; index < sample.length; index++) sums[index % width] += sample[index]
  const rowCount = sample.length / width
  mean.set(sums.map((sum) => sum / Math.max(1, rowCount)))
}
