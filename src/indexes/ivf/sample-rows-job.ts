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
  /** `sampleCount` rows as they are stored. */
  readonly scratch: number
}

export function run(input: SampleRowsInput): void {
  const { memoryId, memory, shape, rows, ids, sampleCount, sample, scratch } = input
  const { element, width, rowBytes, isBits, isNormalized } = shape
  const kernels = rowKernelsOn(memoryId, memory)
  if (isBits) {
    kernels.gatherRows(rowBytes, rows, ids, sampleCount, sample)
    return
  }
  kernels.gatherRows(rowBytes, rows, ids, sampleCount, scratch)
  kernels.widenRows(element, width, scratch, sampleCount, sample)
  if (isNormalized) kernels.normalizeRows(width, sample, sampleCount)
}
