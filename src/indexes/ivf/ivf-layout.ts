import { MillraceError } from '../../errors.js'
import { blockPlaces, productBookBytes, rotationRounds } from '../../kernels/product-kernels.js'
import type { VectorRegion } from '../../kernels/vector-region.js'
import { type IvfShape, shapeOfRows } from './ivf-shape.js'

/**
 * Where things lie in the region of an inverted file. Offsets are bytes from its begin:
 *
 *     head        64 bytes
 *     centroids   listCount × centroidBytes
 *     lists       listCount + 1 × uint32: the place of each list's first row, and the end of the last
 *     ids         rowCount × uint32: the row at each place
 *     codes       rowCount × codeBytes, in the order of places; product codes in blocks of 32 places
 *     offsets     of quantised codes, width × float32: what is taken from each component before it is coded
 *     codebooks   of product codes, codes × 16 codewords
 *     signs       of rotated rows, 4 × their width × float32
 *     errors      of codes that answer exactly, for each 512 places: the greatest length of what rounding took from
 *                 a row, and of what a code stands for, float32
 */
export interface IvfLayout {
  readonly listCount: number
  /** Rows that have a vector. */
  readonly rowCount: number
  readonly centroids: number
  readonly lists: number
  readonly ids: number
  readonly codes: number
  readonly offsets: number
  readonly codebooks: number
  readonly signs: number
  readonly errors: number
  readonly byteLength: number
}

export function ivfLayout(listCount: number, rowCount: number, shape: IvfShape): IvfLayout {
  const { centroidBytes, codeBytes, product, isQuantized, isExact } = shape
  const centroids = headBytes
  const lists = aligned(centroids + listCount * centroidBytes)
  const ids = aligned(lists + (listCount + 1) * 4)
  // A block is looked at as a whole, the places past the last row too.
  const places = Math.ceil(rowCount / blockPlaces) * blockPlaces
  const codes = aligned(ids + places * 4)
  const blocksBytes = product ? (places / blockPlaces) * product.blockBytes : rowCount * codeBytes
  const offsets = aligned(codes + blocksBytes)
  const codebooks = aligned(offsets + (isQuantized ? centroidBytes : 0))
  const bookBytes = product ? product.codes * productBookBytes(product.subWidth) : 0
  const signs = aligned(codebooks + bookBytes)
  const signBytes = product?.isRotated ? rotationRounds * product.width * 4 : 0
  const errors = aligned(signs + signBytes)
  const errorCount = isExact ? Math.ceil(rowCount / errorPlaces) : 0
  const byteLength = aligned(errors + errorCount * errorBytes)
  // One literal, without spreading: every search makes one.
  return {
    listCount,
    rowCount,
    centroids,
    lists,
    ids,
    codes,
    offsets,
    codebooks,
    signs,
    errors,
    byteLength,
  }
}

/** Places whose errors are measured together. */
export const errorPlaces = 512
export const errorBytes = 8

/** The longest list is known when the rows are laid out, the step of int8 codes before. */
export function writeHead(
  region: VectorRegion,
  layout: IvfLayout,
  shape: IvfShape,
  step: number,
): void {
  const head = headOf(region.memory, region.byteOffset)
  const numbers = [magic, layout.listCount, layout.rowCount]
  for (const [index, number] of numbers.entries()) head.setUint32(index * 4, number, true)
  head.setFloat32(stepAt, step, true)
  head.setUint32(exactAt, shape.isExact ? 1 : 0, true)
}

export function writeLongestList(memory: WebAssembly.Memory, index: number, rows: number): void {
  headOf(memory, index).setUint32(longestAt, rows, true)
}

/** Whether a file is laid out as one of this shape is now: other releases lay out lists otherwise. */
export function isCurrentFile(file: DataView, wanted: IvfShape): boolean {
  if (file.byteLength < headBytes || !isCurrentHead(file)) return false
  return headFrom(file, wanted).layout.byteLength === file.byteLength
}

function isCurrentHead(head: DataView): boolean {
  return head.getUint32(0, true) === magic
}

interface IvfHead {
  /** As the index is: where codes would have been too coarse it has the rows instead. */
  readonly shape: IvfShape
  readonly layout: IvfLayout
  readonly longestList: number
  readonly step: number
}

export function readHead(memory: WebAssembly.Memory, index: number, wanted: IvfShape): IvfHead {
  const head = headOf(memory, index)
  if (!isCurrentHead(head)) {
    throw new MillraceError('unexpected', `there is no inverted file at ${index}`)
  }
  return headFrom(head, wanted)
}

function headFrom(head: DataView, wanted: IvfShape): IvfHead {
  const hasRows = wanted.isExact && head.getUint32(exactAt, true) === 0
  const shape = hasRows ? shapeOfRows(wanted) : wanted
  return {
    shape,
    layout: ivfLayout(head.getUint32(4, true), head.getUint32(8, true), shape),
    longestList: head.getUint32(longestAt, true),
    step: head.getFloat32(stepAt, true),
  }
}

const headBytes = 64
const longestAt = 20
const stepAt = 24
const exactAt = 28
/** "IVF2" */
const magic = 0x32465649

function headOf(memory: WebAssembly.Memory, index: number): DataView {
  return new DataView(memory.buffer, index, headBytes)
}

function aligned(byteOffset: number): number {
  return Math.ceil(byteOffset / 64) * 64
}
