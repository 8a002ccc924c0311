import { rowKernelsOn } from '../../kernels/row-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import { readHead, writeLongestList } from './ivf-layout.js'
import type { IvfShape } from './ivf-shape.js'

/** Rows that go into their lists. */
export interface LayOutRowsInput {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** Its head, centroids and offsets are written. */
  readonly index: number
  readonly rows: number
  readonly rowCount: number
  /** The list of each row, uint32. */
  readonly rowLists: number
  /** A bit for each row that has a vector; null: all have. */
  readonly validity: Uint8Array | null
  /** `layOutScratchBytes(shape)` bytes. */
  readonly scratch: number
}

const rowsAtOnce = 512

export function layOutScratchBytes({ rowBytes, width }: IvfShape): number {
  return rowsAtOnce * (rowBytes + width * 4)
}

/** Within a list rows ascend. */
export function run(input: LayOutRowsInput, context: WorkerContext): void {
  const { memory, index } = input
  const { layout } = readHead(memory, index)
  const begins = new Uint32Array(memory.buffer, index + layout.lists, layout.listCount + 1)
  writeLongestList(memory, index, fillBegins(input, begins))
  fillIds(input, begins)
  for (let place = 0; place < layout.rowCount; place += rowsAtOnce) {
    context.throwIfCancelled()
    fillCodes(input, place, Math.min(rowsAtOnce, layout.rowCount - place))
  }
}

/** @returns the length of the longest list */
function fillBegins(input: LayOutRowsInput, begins: Uint32Array): number {
  const { memory, rowCount, validity } = input
  const rowLists = new Uint32Array(memory.buffer, input.rowLists, rowCount)
  const counts = new Uint32Array(begins.length - 1)
  for (let row = 0; row < rowCount; row++) if (isIndexed(validity, row)) counts[rowLists[row]]++
  begins[0] = 0
  for (const [list, count] of counts.entries()) begins[list + 1] = begins[list] + count
  return counts.reduce((longest, count) => Math.max(longest, count), 0)
}

function fillIds(input: LayOutRowsInput, begins: Uint32Array): void {
  const { memory, index, rowCount, validity } = input
  const { layout } = readHead(memory, index)
  const rowLists = new Uint32Array(memory.buffer, input.rowLists, rowCount)
  const ids = new Uint32Array(memory.buffer, index + layout.ids, layout.rowCount)
  const next = begins.slice()
  for (let row = 0; row < rowCount; row++) {
    if (isIndexed(validity, row)) ids[next[rowLists[row]]++] = row
  }
}

function fillCodes(input: LayOutRowsInput, place: number, count: number): void {
  const { memoryId, memory, index, rows, shape, scratch } = input
  const { element, width, rowBytes, codeBytes, isQuantized, isNormalized } = shape
  const { layout, step } = readHead(memory, index)
  const kernels = rowKernelsOn(memoryId, memory)
  const ids = index + layout.ids + place * 4
  const codes = index + layout.codes + place * codeBytes
  if (!isQuantized) {
    kernels.gatherRows(rowBytes, rows, ids, count, codes)
    return
  }
  const floats = scratch + rowsAtOnce * rowBytes
  kernels.gatherRows(rowBytes, rows, ids, count, scratch)
  kernels.widenRows(element, width, scratch, count, floats)
  if (isNormalized) kernels.normalizeRows(width, floats, count)
  kernels.quantizeRows(width, floats, count, index + layout.offsets, step, codes)
}

function isIndexed(validity: Uint8Array | null, row: number): boolean {
  return validity === null || ((validity[row >> 3] >> (row & 7)) & 1) === 1
}
