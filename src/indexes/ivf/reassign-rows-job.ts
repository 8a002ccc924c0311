import { rowKernelsOn } from '../../kernels/row-kernels.js'
import { heapPlaceBytes, kernelMetrics, scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IvfShape } from './ivf-shape.js'

/** Rows with a list, each of which may go over to one beside it. */
export interface ReassignRowsInput {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** As the centroids are, float32. */
  readonly rows: number
  readonly rowCount: number
  /** The list of each row, uint32, which is changed. */
  readonly lists: number
  readonly centroids: number
  readonly listCount: number
  /** `reassignScratchBytes(shape)` bytes. */
  readonly scratch: number
}

/** Centroids among which a row looks: its own, and those next to it. */
const besideCount = 32
const rowsAtOnce = 64
const scanBytes = 1024 + 12 * rowsAtOnce

export function reassignScratchBytes({ centroidBytes }: IvfShape): number {
  const heapBytes = (besideCount + rowsAtOnce) * heapPlaceBytes
  return scanBytes + heapBytes + rowsAtOnce * 4 + (besideCount + rowsAtOnce) * centroidBytes
}

/** @returns how many rows have another list now */
export function run(input: ReassignRowsInput, context: WorkerContext): number {
  const { memory, rowCount, listCount } = input
  const lists = new Uint32Array(memory.buffer, input.lists, rowCount)
  const { begins, rows } = rowsByList(lists, listCount)
  let moved = 0
  for (let list = 0; list < listCount; list++) {
    if (begins[list] === begins[list + 1]) continue
    if (list % 64 === 0) context.throwIfCancelled()
    const beside = takeBeside(input, list)
    for (let begin = begins[list]; begin < begins[list + 1]; begin += rowsAtOnce) {
      const some = rows.subarray(begin, Math.min(begin + rowsAtOnce, begins[list + 1]))
      moved += reassign(input, lists, some, beside)
    }
  }
  return moved
}

function rowsByList(lists: Uint32Array, listCount: number) {
  const begins = new Uint32Array(listCount + 1)
  for (const list of lists) begins[list + 1]++
  for (let list = 0; list < listCount; list++) begins[list + 1] += begins[list]
  const next = begins.slice()
  const rows = new Uint32Array(lists.length)
  for (let row = 0; row < lists.length; row++) rows[next[lists[row]]++] = row
  return { begins, rows }
}

/** Where the scratch of a job begins what. */
function placesOf({ scratch, shape }: ReassignRowsInput) {
  const besideHeap = scratch + scanBytes
  const heaps = besideHeap + besideCount * heapPlaceBytes
  const ids = heaps + rowsAtOnce * heapPlaceBytes
  const centroids = ids + rowsAtOnce * 4
  return { besideHeap, heaps, ids, centroids, rows: centroids + besideCount * shape.centroidBytes }
}

/** Copies the centroids next to one. @returns their lists */
function takeBeside(input: ReassignRowsInput, list: number): Uint32Array {
  const { memoryId, memory, shape, centroids, listCount } = input
  const { besideHeap, ids, centroids: target } = placesOf(input)
  const kernels = scanKernelsOn(memoryId, memory)
  const count = Math.min(besideCount, listCount)
  const query = centroids + list * shape.centroidBytes
  const L2 = kernelMetrics.L2!
  kernels.clearHeaps(besideHeap, 1, count)
  kernels.scanCentroids(L2, shape.width, centroids, listCount, query, besideHeap, count)
  kernels.sortHeaps(besideHeap, 1, count)
  const places = new Uint32Array(memory.buffer, besideHeap, count * 2)
  // A centroid of NaN is near to nothing.
  const beside = Uint32Array.from({ length: count }, (_, at) => places[at * 2] % listCount)
  new Uint32Array(memory.buffer, ids, count).set(beside)
  rowKernelsOn(memoryId, memory).gatherRows(shape.centroidBytes, centroids, ids, count, target)
  return beside
}

function reassign(
  input: ReassignRowsInput,
  lists: Uint32Array,
  some: Uint32Array,
  beside: Uint32Array,
): number {
  const { memoryId, memory, shape, scratch } = input
  const { heaps, ids, centroids, rows } = placesOf(input)
  const kernels = scanKernelsOn(memoryId, memory)
  new Uint32Array(memory.buffer, ids, some.length).set(some)
  rowKernelsOn(memoryId, memory).gatherRows(
    ...([shape.centroidBytes, input.rows, ids, some.length, rows] as const),
  )
  kernels.clearHeaps(heaps, some.length, 1)
  kernels.scan(
    ...([kernelMetrics.L2!, 0, shape.width, centroids, beside.length, 0, 0] as const),
    ...([rows, some.length, Number.NEGATIVE_INFINITY, heaps, 1, scratch] as const),
  )
  const nearest = new Uint32Array(memory.buffer, heaps, some.length * 2)
  let moved = 0
  for (const [at, row] of some.entries()) {
    const list = beside[nearest[at * 2] % beside.length]
    if (list !== lists[row]) moved++
    lists[row] = list
  }
  return moved
}
