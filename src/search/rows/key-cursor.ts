import { countBits, hasBit, rowsOfMask } from '../../column/bitmap.js'
import type { BytesColumn, Column } from '../../column/column.js'
import { gatherColumn } from '../../column/slice.js'
import { pkOrderOf } from '../../segment/pk-order.js'
import type { SegmentView } from '../segment-view.js'

/** A cursor over the rows of a view's mask; it stands before the first key. */
export async function keyCursorOf(
  viewIndex: number,
  view: SegmentView,
  column: Column,
  mask: Uint8Array | null,
): Promise<KeyCursor> {
  const walk = await keyWalkOf(view, column, mask)
  return new KeyCursor(viewIndex, view.segmentId, column, walk)
}

/**
 * Walks the keys of one view in ascending order, over the rows of a mask (null: all). `rowOffset` is the
 * last row of the key that the cursor stands at.
 */
export class KeyCursor {
  readonly viewIndex: number
  rowOffset = -1
  readonly #segmentId: bigint
  readonly #walk: KeyWalk
  readonly #keys: BigInt64Array | null
  readonly #bytes: Buffer
  readonly #offsets: Int32Array
  #position = 0

  constructor(viewIndex: number, segmentId: bigint, column: Column, walk: KeyWalk) {
    this.viewIndex = viewIndex
    this.#segmentId = segmentId
    this.#walk = walk
    this.#keys = column.shape === 'fixed' ? (column.values as BigInt64Array) : null
    const { bytes, offsets } = column.shape === 'fixed' ? noTexts : (column as BytesColumn)
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offsets = offsets
  }

  /** Moves to the next key that has a row in the mask; false after the last. */
  nextKey(): boolean {
    const { length } = this.#walk
    while (this.#position < length && !this.#isInMask(this.#rowAt(this.#position))) {
      this.#position++
    }
    if (this.#position === length) return false
    this.rowOffset = this.#rowAt(this.#position)
    this.#passEqualKeys()
    return true
  }

  /** Before another: at a smaller key, or at the same one in a newer segment. */
  isBefore(other: KeyCursor): boolean {
    const sign = this.#compare(this.rowOffset, other, other.rowOffset)
    return sign < 0 || (sign === 0 && this.#segmentId > other.#segmentId)
  }

  /** Whether it stands at the key of another view's row. */
  isAtKeyOf(other: KeyCursor, rowOffset: number): boolean {
    return this.#compare(this.rowOffset, other, rowOffset) === 0
  }

  /** Equal keys lie in row order, so that the last one counts. */
  #passEqualKeys(): void {
    while (++this.#position < this.#walk.length) {
      const row = this.#rowAt(this.#position)
      if (this.#compare(row, this, this.rowOffset) !== 0) return
      if (this.#isInMask(row)) this.rowOffset = row
    }
  }

  #rowAt(position: number): number {
    const { order } = this.#walk
    return order === null ? position : order[position]
  }

  #isInMask(row: number): boolean {
    const { mask } = this.#walk
    return mask === null || hasBit(mask, row)
  }

  #compare(row: number, other: KeyCursor, otherRow: number): number {
    if (this.#keys === null || other.#keys === null) return this.#compareTexts(row, other, otherRow)
    const key = this.#keys[row]
    const otherKey = other.#keys[otherRow]
    return key < otherKey ? -1 : key > otherKey ? 1 : 0
  }

  #compareTexts(row: number, other: KeyCursor, otherRow: number): number {
    const begin = this.#offsets[row]
    const otherBegin = other.#offsets[otherRow]
    const otherEnd = other.#offsets[otherRow + 1]
    return this.#bytes.compare(other.#bytes, otherBegin, otherEnd, begin, this.#offsets[row + 1])
  }
}

/** Row offsets in ascending order of key, null where they are 0, 1, …; those out of the mask are passed by. */
interface KeyWalk {
  readonly order: Uint32Array | null
  readonly length: number
  readonly mask: Uint8Array | null
}

/** Few rows are cheaper to sort than to meet in a walk over all. */
async function keyWalkOf(
  view: SegmentView,
  column: Column,
  mask: Uint8Array | null,
): Promise<KeyWalk> {
  const { rowCount } = view
  const maskedCount = mask === null ? rowCount : countBits(mask, rowCount)
  if (mask === null || maskedCount * 64 > rowCount) {
    return { order: await view.pkOrder(), length: rowCount, mask }
  }
  const rows = rowsOfMask(mask, maskedCount)
  const order = pkOrderOf(gatherColumn(column, rows), maskedCount)
  const sorted = order === null ? Uint32Array.from(rows) : order.map((at) => rows[at])
  return { order: sorted, length: maskedCount, mask: null }
}

const noTexts = { bytes: new Uint8Array(0), offsets: new Int32Array(1) }
