import { rowKernelsOn } from '../../kernels/row-kernels.js'
import { heapPlaceBytes, kernelMetrics, scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IvfShape } from './ivf-shape.js'

/** Some rows, each of which is to find its nearest centroid. Addresses are byte offsets in the memory. */
export interface AssignRowsInput {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  readonly rows: number
  readonly rowCount: number
  /** Whether the rows are as the centroids are: float32 of the right length, or bits. */
  readonly areReady: boolean
  readonly centroids: number
  readonly listCount: number
  /** Filled: a list for each row, uint32. */
  readonly lists: number
  /** Filled, where it is not 0: the `nearCount` lists nearest to each row, uint16. */
  readonly near: number
  readonly nearCount: number
  /** `assignScratchBytes(shape, nearCount)` bytes. */
  readonly scratch: number
}

const rowsAtOnce = 256
const scanBytes = 1024 + 12 * rowsAtOnce

export function assignScratchBytes({ centroidBytes }: IvfShape, nearCount: number): number {
  return scanBytes + rowsAtOnce * nearCount * heapPlaceBytes + rowsAtOnce * centroidBytes
}

/** Reports how many rows are done. */
export function run(input: AssignRowsInput, context: WorkerContext): void {
  const { memoryId, memory, shape, rowCount, centroids, listCount, nearCount, scratch } = input
  const kernels = scanKernelsOn(memoryId, memory)
  const heaps = scratch + scanBytes
  const metric = shape.isBits ? kernelMetrics.HAMMING! : kernelMetrics.L2!
  for (let begin = 0; begin < rowCount; begin += rowsAtOnce) {
    context.throwIfCancelled()
    const count = Math.min(rowsAtOnce, rowCount - begin)
    const queries = readyRows(input, begin, count, heaps + rowsAtOnce * nearCount * heapPlaceBytes)
    kernels.clearHeaps(heaps, count, nearCount)
    kernels.scan(
      ...([metric, 0, shape.width, centroids, listCount, 0, 0] as const),
      ...([queries, count, Number.NEGATIVE_INFINITY, heaps, nearCount, scratch] as const),
    )
    kernels.sortHeaps(heaps, count, nearCount)
    takeLists(input, begin, count, heaps)
    if ((begin / rowsAtOnce) % 16 === 15) context.reportProgress(begin + count)
  }
  context.reportProgress(rowCount)
}

function takeLists(
  { memory, lists, near, nearCount, listCount }: AssignRowsInput,
  begin: number,
  count: number,
  heaps: number,
): void {
  const places = new Uint32Array(memory.buffer, heaps, count * nearCount * 2)
  const nearest = new Uint32Array(memory.buffer, lists + begin * 4, count)
  // A place that holds nothing (a row of NaN) is all ones.
  for (let row = 0; row < count; row++) nearest[row] = places[row * nearCount * 2] % listCount
  if (near === 0) return
  const all = new Uint16Array(memory.buffer, near + begin * nearCount * 2, count * nearCount)
  for (let at = 0; at < all.length; at++) all[at] = places[at * 2] % listCount
}

function readyRows(
  { memoryId, memory, shape, rows, areReady }: AssignRowsInput,
  begin: number,
  count: number,
  target: number,
): number {
  const { element, width, rowBytes, isBits, isNormalized, centroidBytes } = shape
  if (areReady) return rows + begin * centroidBytes
  if (isBits) return rows + begin * rowBytes
  const kernels = rowKernelsOn(memoryId, memory)
  kernels.widenRows(element, width, rows + begin * rowBytes, count, target)
  if (isNormalized) kernels.normalizeRows(width, target, count)
  return target
}
