import { hasBit } from '../column/bitmap.js'
import type { BytesColumn, Column } from '../column/column.js'
import type { SegmentView } from './segment-view.js'

/**
 * Walks the keys of one view in ascending order, over the rows of a mask (null: all). `rowOffset` is the
 * last row of the key that the cursor stands at.
 */
export class KeyCursor {
  readonly viewIndex: number
  rowOffset = -1
  readonly #view: SegmentView
  readonly #order: Uint32Array | null
  readonly #mask: Uint8Array | null
  readonly #keys: BigInt64Array | null
  readonly #bytes: Buffer
  readonly #offsets: Int32Array
  #position = 0

  constructor(
    viewIndex: number,
    view: SegmentView,
    column: Column,
    order: Uint32Array | null,
    mask: Uint8Array | null,
  ) {
    this.viewIndex = viewIndex
    this.#view = view
    this.#order = order
    this.#mask = mask
    this.#keys = column.shape === 'fixed' ? (column.values as BigInt64Array) : null
    const { bytes, offsets } = column.shape === 'fixed' ? noTexts : (column as BytesColumn)
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offsets = offsets
  }

  /** Moves to the next key that has a row in the mask; false after the last. */
  nextKey(): boolean {
    const { rowCount } = this.#view
    while (this.#position < rowCount && !this.#isInMask(this.#rowAt(this.#position))) {
      this.#position++
    }
    if (this.#position === rowCount) return false
    this.rowOffset = this.#rowAt(this.#position)
    this.#passEqualKeys()
    return true
  }

  /** Before another: at a smaller key, or at the same one in a newer segment. */
  isBefore(other: KeyCursor): boolean {
    const sign = this.#compare(this.rowOffset, other, other.rowOffset)
    return sign < 0 || (sign === 0 && this.#view.segmentId > other.#view.segmentId)
  }

  /** Whether it stands at the key of another view's row. */
  isAtKeyOf(other: KeyCursor, rowOffset: number): boolean {
    return this.#compare(this.rowOffset, other, rowOffset) === 0
  }

  /** Equal keys lie in row order, so that the last one counts. */
  #passEqualKeys(): void {
    while (++this.#position < this.#view.rowCount) {
      const row = this.#rowAt(this.#position)
      if (this.#compare(row, this, this.rowOffset) !== 0) return
      if (this.#isInMask(row)) this.rowOffset = row
    }
  }

  #rowAt(position: number): number {
    return this.#order === null ? position : this.#order[position]
  }

  #isInMask(row: number): boolean {
    return this.#mask === null || hasBit(this.#mask, row)
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

const noTexts = { bytes: new Uint8Array(0), offsets: new Int32Array(1) }
