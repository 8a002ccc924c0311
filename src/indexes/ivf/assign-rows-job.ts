import { rowKernelsOn } from '../../kernels/row-kernels.js'
import { kernelMetrics, scanKernelsOn } from '../../kernels/scan-kernels.js'
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
  /** `assignScratchBytes(shape)` bytes. */
  readonly scratch: number
}

const rowsAtOnce = 256
const scanBytes = 1024 + 12 * rowsAtOnce

export function assignScratchBytes({ centroidBytes }: IvfShape): number {
  return scanBytes + rowsAtOnce * 8 + rowsAtOnce * centroidBytes
}

/** Reports how many rows are done. */
export function run(input: AssignRowsInput, context: WorkerContext): void {
  const { memoryId, memory, shape, rowCount, centroids, listCount, scratch } = input
  const kernels = scanKernelsOn(memoryId, memory)
  const heaps = scratch + scanBytes
  const lists = new Uint32Array(memory.buffer, input.lists, rowCount)
  const places = new Uint32Array(memory.buffer, heaps, rowsAtOnce * 2)
  const metric = shape.isBits ? kernelMetrics.HAMMING! : kernelMetrics.L2!
  for (let begin = 0; begin < rowCount; begin += rowsAtOnce) {
    context.throwIfCancelled()
    const count = Math.min(rowsAtOnce, rowCount - begin)
    const queries = readyRows(input, begin, count, heaps + rowsAtOnce * 8)
    kernels.clearHeaps(heaps, count, 1)
    kernels.scan(
      ...([metric, 0, shape.width, centroids, listCount, 0, 0] as const),
      ...([queries, count, Number.NEGATIVE_INFINITY, heaps, 1, scratch] as const),
    )
    // A place that holds nothing (a row of NaN) is all ones.
    for (let row = 0; row < count; row++) lists[begin + row] = places[row * 2] % listCount
    if ((begin / rowsAtOnce) % 16 === 15) context.reportProgress(begin + count)
  }
  context.reportProgress(rowCount)
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
