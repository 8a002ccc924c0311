import type { IvfShape } from './ivf-shape.js'

/** Centroids that are to move into the middle of their rows. */
export interface MoveCentroidsInput {
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** As the centroids are. */
  readonly sample: number
  readonly sampleCount: number
  /** The list of each row, uint32. */
  readonly lists: number
  readonly centroids: number
  readonly listCount: number
}

/** A list that no row is in begins anew beside the fullest one. */
export function run(input: MoveCentroidsInput): void {
  const { memory, sampleCount, listCount, shape } = input
  const lists = new Uint32Array(memory.buffer, input.lists, sampleCount)
  const counts = new Uint32Array(listCount)
  for (const list of lists) counts[list]++
  if (shape.isBits) moveBits(input, lists, counts)
  else moveFloats(input, lists, counts)
}

function moveFloats(input: MoveCentroidsInput, lists: Uint32Array, counts: Uint32Array): void {
  const { memory, sampleCount, listCount } = input
  const { width } = input.shape
  const sample = new Float32Array(memory.buffer, input.sample, sampleCount * width)
  const centroids = new Float32Array(memory.buffer, input.centroids, listCount * width)
  const sums = new Float64Array(listCount * width)
  for (let row = 0; row < sampleCount; row++) {
    const from = row * width
    const to = lists[row] * width
    for (let at = 0; at < width; at++) sums[to + at] += sample[from + at]
  }
  for (let list = 0; list < listCount; list++) {
    const begin = list * width
    const isEmpty = counts[list] === 0
    const source = isEmpty ? takeHalf(counts) : list
    for (let at = 0; at < width; at++) {
      const middle = isEmpty
        ? centroids[source * width + at] * nudged(at)
        : sums[begin + at] / counts[list]
      centroids[begin + at] = middle
    }
    if (isEmpty) counts[list] = counts[source]
  }
}

/** A bit of a centroid is what most of its rows have. */
function moveBits(input: MoveCentroidsInput, lists: Uint32Array, counts: Uint32Array): void {
  const { memory, sampleCount, listCount } = input
  const { width } = input.shape
  const sample = new Uint8Array(memory.buffer, input.sample, sampleCount * width)
  const centroids = new Uint8Array(memory.buffer, input.centroids, listCount * width)
  const sums = new Uint32Array(listCount * width * 8)
  for (let row = 0; row < sampleCount; row++) {
    const to = lists[row] * width * 8
    for (let bit = 0; bit < width * 8; bit++) {
      sums[to + bit] += (sample[row * width + (bit >> 3)] >> (bit & 7)) & 1
    }
  }
  for (let list = 0; list < listCount; list++) {
    if (counts[list] === 0) continue
    for (let at = 0; at < width; at++) {
      let byte = 0
      for (let bit = 0; bit < 8; bit++) {
        if (sums[(list * width + at) * 8 + bit] * 2 > counts[list]) byte |= 1 << bit
      }
      centroids[list * width + at] = byte
    }
  }
}

/** The fullest list, which from now on counts for half. */
function takeHalf(counts: Uint32Array): number {
  let fullest = 0
  for (let list = 1; list < counts.length; list++) {
    if (counts[list] > counts[fullest]) fullest = list
  }
  counts[fullest] >>= 1
  return fullest
}

/** Two centroids at one place would part nothing. */
function nudged(component: number): number {
  return component % 2 === 0 ? 1 + 1 / 1024 : 1 - 1 / 1024
}
