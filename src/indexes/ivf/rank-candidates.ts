import { rowKernelsOn } from '../../kernels/row-kernels.js'
import { scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { IndexSearchJob } from '../index-family.js'
import type { IvfPlan, IvfScratch } from './ivf-plan.js'

/** The true distances of the candidates decide. */
export function rankCandidates(
  job: IndexSearchJob,
  { shape, layout, candidateCount }: IvfPlan,
  scratch: IvfScratch,
  query: number,
  heap: number,
): void {
  const { memoryId, memory, index, vectors, near, k, firstId } = job
  const places = new Uint32Array(memory.buffer, scratch.candidates, candidateCount * 2)
  const ids = new Uint32Array(memory.buffer, index + layout.ids, layout.rowCount)
  let count = 0
  while (count < candidateCount && places[count * 2 + 1] !== emptyKey) count++
  const rows = new Uint32Array(count)
  for (let at = 0; at < count; at++) rows[at] = ids[places[at * 2]]
  rows.sort()
  const rowIds = new Uint32Array(memory.buffer, scratch.candidates, count)
  rowIds.set(rows)
  rowKernelsOn(memoryId, memory).gatherRows(
    ...([shape.rowBytes, vectors, scratch.candidates, count, scratch.rows] as const),
  )
  const kernels = scanKernelsOn(memoryId, memory)
  kernels.clearHeaps(heap, 1, k)
  kernels.scan(
    ...([shape.metric, shape.element, shape.width, scratch.rows, count, 0, 0] as const),
    ...([query, 1, near, heap, k, scratch.scan] as const),
  )
  kernels.sortHeaps(heap, 1, k)
  const found = new Uint32Array(memory.buffer, heap, k * 2)
  for (let at = 0; at < k && found[at * 2 + 1] !== emptyKey; at++) {
    found[at * 2] = firstId + rows[found[at * 2]]
  }
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

const emptyKey = 0xffffffff
