import { readHead, writeLongestList } from './ivf-layout.js'
import type { IvfShape } from './ivf-shape.js'

/** Rows that get their places. */
export interface LayOutRowsInput {
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** Its head is written. */
  readonly index: number
  readonly rowCount: number
  /** The list of each row, uint32. */
  readonly rowLists: number
  /** A bit for each row that has a vector; null: all have. */
  readonly validity: Uint8Array | null
}

/** Within a list rows ascend. */
export function run(input: LayOutRowsInput): void {
  const { memory, index, shape } = input
  const { layout } = readHead(memory, index, shape)
  const begins = new Uint32Array(memory.buffer, index + layout.lists, layout.listCount + 1)
  writeLongestList(memory, index, fillBegins(input, begins))
  fillIds(input, begins)
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

/** The places of the last block that no row has point to row 0, which is there. */
function fillIds(input: LayOutRowsInput, begins: Uint32Array): void {
  const { memory, index, shape, rowCount, validity } = input
  const { ids: begin, codes } = readHead(memory, index, shape).layout
  const rowLists = new Uint32Array(memory.buffer, input.rowLists, rowCount)
  const ids = new Uint32Array(memory.buffer, index + begin, (codes - begin) / 4)
  ids.fill(0, begins[begins.length - 1])
  const next = begins.slice()
  for (let row = 0; row < rowCount; row++) {
    if (isIndexed(validity, row)) ids[next[rowLists[row]]++] = row
  }
}

function isIndexed(validity: Uint8Array | null, row: number): boolean {
  return validity === null || ((validity[row >> 3] >> (row & 7)) & 1) === 1
}
