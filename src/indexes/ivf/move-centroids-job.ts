import type { IvfShape } from './ivf-shape.js'

/** Centroids that are to move into the middle of their rows. */
export interface MoveCentroidsInput {
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** As the centroids are, float32. */
  readonly sample: number
  readonly sampleCount: number
  /** The list of each row, uint32. */
  readonly lists: number
  readonly centroids: number
  readonly listCount: number
}

/** A list that no row is in begins anew beside the fullest one. */
export function run(input: MoveCentroidsInput): void {
  const { memory, sampleCount, listCount } = input
  const { width } = input.shape
  const lists = new Uint32Array(memory.buffer, input.lists, sampleCount)
  const counts = new Uint32Array(listCount)
  for (const list of lists) counts[list]++
  const sample = new Float32Array(memory.buffer, input.sample, sampleCount * width)
  const centroids = new Float32Array(memory.buffer, input.centroids, listCount * width)
  const sums = new Float64Array(listCount * width)
  const shares = counts.slice()
  for (let row = 0; row < sampleCount; row++) {
    const from = row * width
    const to = lists[row] * width
    for (let at = 0; at < width; at++) sums[to + at] += sample[from + at]
  }
  for (let list = 0; list < listCount; list++) {
    const begin = list * width
    const isEmpty = counts[list] === 0
    const source = isEmpty ? takeHalf(shares) : list
    for (let at = 0; at < width; at++) {
      const middle = isEmpty
        ? centroids[source * width + at] * nudged(at)
        : sums[begin + at] / counts[list]
      centroids[begin + at] = middle
    }
    if (isEmpty) shares[list] = shares[source]
  }
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
