import { rowKernelsOn } from '../../kernels/row-kernels.js'
import type { IvfShape } from './ivf-shape.js'

/** Rows that lists are found from. */
export interface SampleRowsInput {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  readonly rows: number
  readonly ids: number
  readonly sampleCount: number
  /** Filled, as the centroids are: float32 of the right length, or bits. */
  readonly sample: number
  /** `sampleCount` rows as they are stored; 0 where those are as centroids are. */
  readonly scratch: number
}

/** Rows of float32 and of bits are taken as they are. */
export function isStoredAsCentroids({ rowBytes, centroidBytes }: IvfShape): boolean {
  return rowBytes === centroidBytes
}

export function run(input: SampleRowsInput): void {
  const { memoryId, memory, shape, rows, ids, sampleCount, sample, scratch } = input
  const { element, width, rowBytes, isNormalized } = shape
  const kernels = rowKernelsOn(memoryId, memory)
  if (isStoredAsCentroids(shape)) {
    kernels.gatherRows(rowBytes, rows, ids, sampleCount, sample)
  } else {
    kernels.gatherRows(rowBytes, rows, ids, sampleCount, scratch)
    kernels.widenRows(element, width, scratch, sampleCount, sample)
  }
  if (isNormalized) kernels.normalizeRows(width, sample, sampleCount)
}
