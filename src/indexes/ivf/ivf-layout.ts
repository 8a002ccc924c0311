import type { VectorRegion } from '../../kernels/vector-region.js'

/**
 * Where things lie in the region of an inverted file. Offsets are bytes from its begin:
 *
 *     head        64 bytes
 *     centroids   listCount × centroidBytes
 *     lists       listCount + 1 × uint32: the place of each list's first row, and the end of the last
 *     ids         rowCount × uint32: the row at each place
 *     codes       rowCount × codeBytes, in the order of places
 *     offsets     of quantised codes, width × float32: what the code 0 of each component stands for
 */
export interface IvfLayout {
  readonly listCount: number
  /** Rows that have a vector. */
  readonly rowCount: number
  readonly centroidBytes: number
  readonly codeBytes: number
  readonly centroids: number
  readonly lists: number
  readonly ids: number
  readonly codes: number
  readonly offsets: number
  readonly byteLength: number
}

export function ivfLayout(
  listCount: number,
  rowCount: number,
  centroidBytes: number,
  codeBytes: number,
): IvfLayout {
  const centroids = headBytes
  const lists = aligned(centroids + listCount * centroidBytes)
  const ids = aligned(lists + (listCount + 1) * 4)
  const codes = aligned(ids + rowCount * 4)
  const offsets = aligned(codes + rowCount * codeBytes)
  const byteLength = aligned(offsets + centroidBytes)
  return {
    ...{ listCount, rowCount, centroidBytes, codeBytes },
    ...{ centroids, lists, ids, codes, offsets, byteLength },
  }
}

/** The longest list is known when the rows are laid out, the step of quantised codes before. */
export function writeHead(region: VectorRegion, layout: IvfLayout, step: number): void {
  const head = headOf(region.memory, region.byteOffset)
  const { listCount, rowCount, centroidBytes, codeBytes } = layout
  const numbers = [magic, listCount, rowCount, centroidBytes, codeBytes]
  for (const [index, number] of numbers.entries()) head.setUint32(index * 4, number, true)
  head.setFloat32(stepAt, step, true)
}

export function writeLongestList(memory: WebAssembly.Memory, index: number, rows: number): void {
  headOf(memory, index).setUint32(longestAt, rows, true)
}

interface IvfHead {
  readonly layout: IvfLayout
  readonly longestList: number
  readonly step: number
}

export function readHead(memory: WebAssembly.Memory, index: number): IvfHead {
  const head = headOf(memory, index)
  const [, listCount, rowCount, centroidBytes, codeBytes] = Array.from({ length: 5 }, (_, at) =>
    head.getUint32(at * 4, true),
  )
  return {
    layout: ivfLayout(listCount, rowCount, centroidBytes, codeBytes),
    longestList: head.getUint32(longestAt, true),
    step: head.getFloat32(stepAt, true),
  }
}

const headBytes = 64
const longestAt = 20
const stepAt = 24
/** "IVF1" */
const magic = 0x31465649

function headOf(memory: WebAssembly.Memory, index: number): DataView {
  return new DataView(memory.buffer, index, headBytes)
}

function aligned(byteOffset: number): number {
  return Math.ceil(byteOffset / 64) * 64
}
