import { scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { RowFileReader } from '../../source/row-file.js'
import type { IndexSearchJob } from '../index-family.js'
import type { IvfLayout } from './ivf-layout.js'
import type { IvfPlan, IvfScratch } from './ivf-plan.js'

/** The true distances of the candidates decide. */
export function rankCandidates(
  job: IndexSearchJob,
  { shape, layout }: IvfPlan,
  scratch: IvfScratch,
  candidateCount: number,
  query: number,
  heap: number,
): void {
  const { memoryId, memory, vectors, near, k, firstId } = job
  const count = findRows(job, layout, scratch, candidateCount)
  const kernels = scanKernelsOn(memoryId, memory)
  kernels.clearHeaps(heap, 1, k)
  kernels.scanIds(
    ...([shape.metric, shape.element, shape.width, vectors, scratch.found, count, 0] as const),
    ...([query, near, firstId, heap, k, scratch.row] as const),
  )
  kernels.sortHeaps(heap, 1, k)
}

/** The same where the rows lie in a file. */
export function rankReadCandidates(
  reader: RowFileReader,
  job: IndexSearchJob,
  { shape, layout }: IvfPlan,
  scratch: IvfScratch,
  candidateCount: number,
  query: number,
  heap: number,
): void {
  const { memoryId, memory, near, k, firstId } = job
  const count = findRows(job, layout, scratch, candidateCount)
  const rows = new Uint32Array(memory.buffer, scratch.found, count).sort()
  reader.gather(rows, new Uint8Array(memory.buffer), scratch.stored)
  const kernels = scanKernelsOn(memoryId, memory)
  kernels.clearHeaps(heap, 1, k)
  kernels.scan(
    ...([shape.metric, shape.element, shape.width, scratch.stored, count, 0, 0] as const),
    ...([query, 1, near, heap, k, scratch.scan] as const),
  )
  kernels.sortHeaps(heap, 1, k)
  const places = new Uint32Array(memory.buffer, heap, k * 2)
  for (let at = 0; at < k && places[at * 2 + 1] !== emptyKey; at++) {
    places[at * 2] = firstId + rows[places[at * 2]]
  }
}

/** Leaves the rows of the candidates. @returns how many */
function findRows(
  { memoryId, memory, index }: IndexSearchJob,
  layout: IvfLayout,
  { candidates, found }: IvfScratch,
  candidateCount: number,
): number {
  const kernels = scanKernelsOn(memoryId, memory)
  return kernels.fillIds(candidates, candidateCount, index + layout.ids, found) >>> 0
}

/** Places of a sorted heap become rows of the search; rows equally near get into the order of their ids. */
export function placesToRows(
  { memory, index, firstId }: IndexSearchJob,
  { layout }: IvfPlan,
  heap: number,
  k: number,
): void {
  const ids = new Uint32Array(memory.buffer, index + layout.ids, layout.rowCount)
  const places = new Uint32Array(memory.buffer, heap, k * 2)
  for (let at = 0; at < k && places[at * 2 + 1] !== emptyKey; at++) {
    const id = firstId + ids[places[at * 2]]
    const key = places[at * 2 + 1]
    let to = at
    for (; to > 0 && places[to * 2 - 1] === key && places[to * 2 - 2] > id; to--) {
      places[to * 2] = places[to * 2 - 2]
    }
    places[to * 2] = id
  }
}

/** The upper half of a place that holds nothing. */
export const emptyKey = 0xffffffff
