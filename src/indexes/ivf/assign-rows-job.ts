import { rowKernelsOn } from '../../kernels/row-kernels.js'
import {
  findNearScratchBytes,
  heapPlaceBytes,
  kernelMetrics,
  scanKernelsOn,
  scanScratchBytes,
  wholeRowBytes,
} from '../../kernels/scan-kernels.js'
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
  /** `assignScratchBytes(shape, listCount, nearCount)` bytes. */
  readonly scratch: number
}

const rowsAtOnce = 256

export function assignScratchBytes(shape: IvfShape, listCount: number, nearCount: number): number {
  return scratchOf(shape, listCount, nearCount, 0).byteLength
}

/** Reports how many rows are done. */
export function run(input: AssignRowsInput, context: WorkerContext): void {
  const { memoryId, memory, shape, rowCount, listCount, nearCount } = input
  const kernels = scanKernelsOn(memoryId, memory)
  const scratch = scratchOf(shape, listCount, nearCount, input.scratch)
  if (!shape.isBits) fillWholeCentroids(input, scratch)
  for (let begin = 0; begin < rowCount; begin += rowsAtOnce) {
    context.throwIfCancelled()
    const count = Math.min(rowsAtOnce, rowCount - begin)
    const rows = readyRows(input, begin, count, scratch.rows)
    kernels.clearHeaps(scratch.heaps, count, nearCount)
    if (shape.isBits) scanBits(input, scratch, rows, count)
    else findNear(input, scratch, rows, count)
    kernels.sortHeaps(scratch.heaps, count, nearCount)
    takeLists(input, begin, count, scratch.heaps)
    if ((begin / rowsAtOnce) % 16 === 15) context.reportProgress(begin + count)
  }
  context.reportProgress(rowCount)
}

/** Where the scratch of a job begins what. */
type Scratch = ReturnType<typeof scratchOf>

function scratchOf(shape: IvfShape, listCount: number, nearCount: number, begin: number) {
  const { width, centroidBytes, isBits } = shape
  const heaps = begin
  const rows = heaps + rowsAtOnce * nearCount * heapPlaceBytes
  const scan = rows + rowsAtOnce * centroidBytes
  const mean = scan + (isBits ? scanScratchBytes(rowsAtOnce, 0, width) : findNearScratchBytes)
  const wholeBytes = isBits ? 0 : wholeRowBytes(width)
  const wholeRows = mean + (isBits ? 0 : width * 4)
  const rowTerms = wholeRows + rowsAtOnce * wholeBytes
  const wholeCentroids = rowTerms + rowsAtOnce * 8
  const centroidTerms = wholeCentroids + listCount * wholeBytes
  const byteLength = centroidTerms + listCount * 8 - begin
  return { heaps, rows, scan, mean, wholeRows, rowTerms, wholeCentroids, centroidTerms, byteLength }
}

function fillWholeCentroids(
  { memoryId, memory, shape, centroids, listCount }: AssignRowsInput,
  { mean, wholeCentroids, centroidTerms }: Scratch,
): void {
  const { width } = shape
  const values = new Float32Array(memory.buffer, centroids, listCount * width)
  const sums = new Float64Array(width)
  for (let begin = 0; begin < values.length; begin += width) {
    for (let at = 0; at < width; at++) sums[at] += values[begin + at]
  }
  const means = new Float32Array(memory.buffer, mean, width)
  for (let at = 0; at < width; at++) means[at] = sums[at] / listCount
  const kernels = scanKernelsOn(memoryId, memory)
  kernels.fillWholeRows(width, centroids, listCount, mean, wholeCentroids, centroidTerms)
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

function scanBits(
  { memoryId, memory, shape, centroids, listCount, nearCount }: AssignRowsInput,
  { heaps, scan }: Scratch,
  rows: number,
  count: number,
): void {
  scanKernelsOn(memoryId, memory).scan(
    ...([kernelMetrics.HAMMING!, 0, shape.width, centroids, listCount, 0, 0] as const),
    ...([rows, count, Number.NEGATIVE_INFINITY, heaps, nearCount, scan] as const),
  )
}

function findNear(
  { memoryId, memory, shape, listCount, nearCount }: AssignRowsInput,
  { heaps, scan, mean, wholeRows, rowTerms, wholeCentroids, centroidTerms }: Scratch,
  rows: number,
  count: number,
): void {
  const kernels = scanKernelsOn(memoryId, memory)
  kernels.fillWholeRows(shape.width, rows, count, mean, wholeRows, rowTerms)
  kernels.findNear(
    ...([shape.width, wholeRows, rowTerms, count, wholeCentroids, centroidTerms] as const),
    ...([listCount, heaps, nearCount, scan] as const),
  )
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
