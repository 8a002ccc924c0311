import type { IvfShape } from './ivf-shape.js'

/** Centroids that are to move into the middle of their rows. */
export interface MoveCentroidsInput {
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** As the centroids are, float32. */
  readonly sample: number
  /** No fewer than the last time. */
  readonly sampleCount: number
  /** The list of each row, uint32. */
  readonly lists: number
  readonly centroids: number
  readonly listCount: number
  /** Kept from time to time, so that only rows that have another list now are looked at. */
  readonly sums: CentroidSums
  /** Whether those hold nothing yet. */
  readonly isFirst: boolean
}

/** Addresses. */
export interface CentroidSums {
  /** The list under which each row of the whole sample is added up, uint32. */
  readonly counted: number
  readonly countedMax: number
  /** The sum of the rows of each list, float64. */
  readonly sums: number
  /** How far each centroid has moved in all, float32. */
  readonly drifts: number
}

const uncounted = 0xffffffff

/**
 * A list that no row is in begins anew beside the fullest one.
 * @returns how many rows have another list than the last time
 */
export function run(input: MoveCentroidsInput): number {
  const { memory, sampleCount, listCount } = input
  const { width } = input.shape
  if (input.isFirst) clearSums(input)
  const counts = countRows(input)
  const sums = new Float64Array(memory.buffer, input.sums.sums, listCount * width)
  const movedRows = addMovedRows(
    input,
    sums,
    new Uint32Array(memory.buffer, input.lists, sampleCount),
  )
  const centroids = new Float32Array(memory.buffer, input.centroids, listCount * width)
  const drifts = new Float32Array(memory.buffer, input.sums.drifts, listCount)
  const shares = counts.slice()
  for (let list = 0; list < listCount; list++) {
    const begin = list * width
    const isEmpty = counts[list] === 0
    const source = isEmpty ? takeHalf(shares) : list
    let moved = 0
    for (let at = 0; at < width; at++) {
      const before = centroids[begin + at]
      centroids[begin + at] = isEmpty
        ? centroids[source * width + at] * nudged(at)
        : sums[begin + at] / counts[list]
      moved += (centroids[begin + at] - before) ** 2
    }
    drifts[list] += Math.sqrt(moved)
    if (isEmpty) shares[list] = shares[source]
  }
  return movedRows
}

function clearSums({ memory, shape, listCount, sums }: MoveCentroidsInput): void {
  new Uint32Array(memory.buffer, sums.counted, sums.countedMax).fill(uncounted)
  new Float64Array(memory.buffer, sums.sums, listCount * shape.width).fill(0)
  new Float32Array(memory.buffer, sums.drifts, listCount).fill(0)
}

function countRows({ memory, lists, sampleCount, listCount }: MoveCentroidsInput): Uint32Array {
  const counts = new Uint32Array(listCount)
  for (const list of new Uint32Array(memory.buffer, lists, sampleCount)) counts[list]++
  return counts
}

function addMovedRows(input: MoveCentroidsInput, sums: Float64Array, lists: Uint32Array): number {
  const { memory, sampleCount } = input
  const { width } = input.shape
  const counted = new Uint32Array(memory.buffer, input.sums.counted, sampleCount)
  const sample = new Float32Array(memory.buffer, input.sample, sampleCount * width)
  let movedRows = 0
  for (let row = 0; row < sampleCount; row++) {
    if (counted[row] === lists[row]) continue
    const from = row * width
    const to = lists[row] * width
    for (let at = 0; at < width; at++) sums[to + at] += sample[from + at]
    if (counted[row] !== uncounted) {
      const left = counted[row] * width
      for (let at = 0; at < width; at++) sums[left + at] -= sample[from + at]
    }
    counted[row] = lists[row]
    movedRows++
  }
  return movedRows
}

/** The fullest list, which from now on counts for half. */
function takeHalf(shares: Uint32Array): number {
  let fullest = 0
  for (let list = 1; list < shares.length; list++) {
    if (shares[list] > shares[fullest]) fullest = list
  }
  shares[fullest] >>= 1
  return fullest
}

/** Two centroids at one place would part nothing. */
function nudged(component: number): number {
  return component % 2 === 0 ? 1 + 1 / 1024 : 1 - 1 / 1024
}
