import { hnswCodeKinds } from '../../kernels/hnsw-kernels.js'
import { DataType } from '../../schema/data-type.js'
import type { GraphShape } from './graph-shape.js'

/**
 * Fills the means, and gives what one step of a code is worth, so that nearly all values are in its range: the
 * few that are not would make it coarse for all others.
 * @param sample rows of floats, one after the other
 */
export function scaleFrom(
  sample: Float32Array,
  mean: Float32Array,
  codeMax: number,
  { kind, normalizes }: GraphShape,
  dataType: DataType,
): number {
  if (dataType === DataType.Int8Vector && !normalizes) return 1
  const isDot = kind === hnswCodeKinds.dot8 || kind === hnswCodeKinds.dot16
  if (!isDot) fillMeans(sample, mean)
  const width = mean.length
  const sizes = sample.map((value, index) => Math.abs(value - mean[index % width])).sort()
  const range = sizes[Math.floor((sizes.length - 1) * keptShare)]
  return range > 0 ? range / codeMax : sizes.at(-1)! / codeMax || 1
}

const keptShare = 0.9998

function fillMeans(sample: Float32Array, mean: Float32Array): void {
  const width = mean.length
  const sums = new Float64Array(width)
  for (let index = 0; index < sample.length; index++) sums[index % width] += sample[index]
  const rowCount = sample.length / width
  mean.set(sums.map((sum) => sum / Math.max(1, rowCount)))
}
