import Flatbush from 'flatbush'
import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn } from '../../column/column.js'
import { type Box, isVoid } from '../../geometry/box.js'
import { readBox } from '../../geometry/wkt-box.js'

// An index over the boxes around the geometries of a segment, as it lies in its file and in memory. All numbers
// are little endian; each part begins at a multiple of 8.
//
//   header   4 × u32: magic, boxes, bytes of the tree, whether there are rows
//   tree     the bytes of a Flatbush (a packed Hilbert R-tree) over the boxes; absent where there is none
//   rows     u32 × boxes: the row of each box; absent where every row has one

/** The boxes of a segment's rows. A geometry that is null or EMPTY has none. */
export interface BoxTree {
  /** Around all of them. */
  readonly bounds: Box
  readonly tree: Flatbush | null
  /** Of each box its row; null: its own number. */
  readonly rows: Uint32Array | null
}

/** @returns the bytes of its file, in shared memory */
export function buildBoxTree(column: BytesColumn, rowCount: number): Uint8Array {
  const { boxes, rows } = boxesOf(column, rowCount)
  const tree = rows.length === 0 ? null : treeOver(boxes, rows.length)
  const treeBytes = tree?.data.byteLength ?? 0
  const hasRows = rows.length < rowCount
  const rowsBegin = headerBytes + aligned(treeBytes)
  const end = rowsBegin + (hasRows ? rows.byteLength : 0)
  const bytes = new Uint8Array(new SharedArrayBuffer(end))
  new Uint32Array(bytes.buffer).set([magic, rows.length, treeBytes, Number(hasRows)])
  if (tree) bytes.set(new Uint8Array(tree.data), headerBytes)
  if (hasRows) new Uint32Array(bytes.buffer, rowsBegin).set(rows)
  return bytes
}

/** @param bytes an index's file */
export function openBoxTree({ buffer }: Uint8Array): BoxTree {
  const [found, boxCount, treeBytes, hasRows] = new Uint32Array(buffer, 0, headerBytes / 4)
  if (found !== magic) throw new TypeError(`no index over boxes: it begins with ${found}`)
  const tree = boxCount === 0 ? null : Flatbush.from(buffer, headerBytes)
  const rowsBegin = headerBytes + aligned(treeBytes)
  return {
    bounds: tree ? Float64Array.of(tree.minX, tree.minY, tree.maxX, tree.maxY) : voidBox,
    tree,
    rows: hasRows === 1 ? new Uint32Array(buffer, rowsBegin, boxCount) : null,
  }
}

/** Sets the bits of the rows whose boxes meet `box` and are kept. */
export function markMeeting(
  { tree, rows }: BoxTree,
  box: Box,
  keeps: (box: Box) => boolean,
  mask: Uint8Array,
): void {
  const found = new Float64Array(4)
  tree?.search(box[0], box[1], box[2], box[3], (index, minX, minY, maxX, maxY) => {
    found[0] = minX
    found[1] = minY
    found[2] = maxX
    found[3] = maxY
    const row = rows === null ? index : rows[index]
    if (keeps(found)) mask[row >> 3] |= 1 << (row & 7)
    // Nothing is gathered into a list.
    return false
  })
}

const headerBytes = 16
/** "MVB1" */
const magic = 0x3142564d
const voidBox: Box = Float64Array.of(Infinity, Infinity, -Infinity, -Infinity)

/** Four numbers of each row that has a box, and which rows these are. */
function boxesOf({ bytes, offsets, validity }: BytesColumn, rowCount: number) {
  const boxes = new Float64Array(rowCount * 4)
  const rows = new Uint32Array(rowCount)
  let count = 0
  for (let row = 0; row < rowCount; row++) {
    if (validity !== null && !hasBit(validity, row)) continue
    const box = boxes.subarray(count * 4, count * 4 + 4)
    readBox(bytes, offsets[row], offsets[row + 1], box)
    if (!isVoid(box)) rows[count++] = row
  }
  return { boxes, rows: rows.subarray(0, count) }
}

function treeOver(boxes: Float64Array, count: number): Flatbush {
  const tree = new Flatbush(count)
  for (let at = 0; at < count * 4; at += 4) {
    tree.add(boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3])
  }
  tree.finish()
  return tree
}

function aligned(byteLength: number): number {
  return Math.ceil(byteLength / 8) * 8
}
