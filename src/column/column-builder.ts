import { bitmapWithLength, clearBit } from './bitmap.js'
import type { BytesColumn, Column, ColumnLayout, FixedColumn, ListColumn } from './column.js'

/**
 * Builds a column row by row. A row is written first and counted by `closeRow`, so that `truncate` takes
 * back whatever a broken row left behind. `finish` gives views: the next batch writes over them.
 */
export type ColumnBuilder = FixedBuilder | BytesBuilder | ListBuilder

export function columnBuilder(layout: ColumnLayout): ColumnBuilder {
  switch (layout.shape) {
    case 'fixed':
      return new FixedBuilder(layout)
    case 'bytes':
      return new BytesBuilder()
    case 'list':
      return new ListBuilder(columnBuilder(layout.child) as FixedBuilder | BytesBuilder)
  }
}

export class FixedBuilder {
  readonly shape = 'fixed'
  readonly width: number
  readonly #nulls = new NullRows()
  values: FixedColumn['values']
  /** The same memory, for int64 values that no bigint is made of. */
  words: Int32Array
  rowCount = 0

  constructor({ valuesType, width }: Extract<ColumnLayout, { shape: 'fixed' }>) {
    this.width = width
    this.values = new valuesType(16 * width)
    this.words = wordsOf(this.values)
  }

  /** Makes room for one more row, and returns where in `values` it begins. */
  openRow(): number {
    const begin = this.rowCount * this.width
    if (begin + this.width > this.values.length) this.#grow(begin + this.width)
    return begin
  }

  closeRow(): void {
    this.rowCount++
  }

  /** Appends rows whose values lie in `bytes`. @param nulls 1 for each row that is null; null: none is */
  appendRows(bytes: Uint8Array, rowCount: number, nulls: Uint8Array | null): void {
    const begin = this.rowCount * this.width
    const end = begin + rowCount * this.width
    if (end > this.values.length) this.#grow(end)
    const { buffer, BYTES_PER_ELEMENT } = this.values
    new Uint8Array(buffer).set(bytes, begin * BYTES_PER_ELEMENT)
    if (nulls !== null) this.#nulls.addAll(nulls, this.rowCount)
    this.rowCount += rowCount
  }

  /** Appends the row of a column of one row. */
  appendFilled(column: Column): void {
    const { values, validity } = column as FixedColumn
    const begin = this.openRow()
    this.values.set(values as never, begin)
    if (validity !== null) this.#nulls.add(this.rowCount)
    this.closeRow()
  }

  truncate(rowCount: number): void {
    this.rowCount = rowCount
    this.#nulls.truncate(rowCount)
  }

  finish(): FixedColumn {
    const values = this.values.subarray(0, this.rowCount * this.width)
    return {
      shape: 'fixed',
      values,
      width: this.width,
      validity: this.#nulls.validity(this.rowCount),
    }
  }

  #grow(length: number): void {
    const { values } = this
    const type = values.constructor as new (length: number) => FixedColumn['values']
    this.values = new type(Math.max(length, values.length * 2))
    this.values.set(values as never)
    this.words = wordsOf(this.values)
  }
}

interface BytesRows {
  readonly bytes: Uint8Array
  readonly begin: number
  readonly ends: Uint32Array
}

/** Longer ranges are copied by the runtime, shorter ones are done before it has begun. */
const loopBytesMax = 48

export class BytesBuilder {
  readonly shape = 'bytes'
  readonly #nulls = new NullRows()
  #offsets = new Int32Array(17)
  /** One byte more than it needs: a scanner may want a zero behind the last row. */
  bytes = new Uint8Array(1024)
  rowCount = 0
  /** Of all rows, and of the row that is being written. */
  byteLength = 0

  get rowBegin(): number {
    return this.#offsets[this.rowCount]
  }

  /** Makes room for `byteLength` bytes at `this.byteLength`, for a caller who writes and counts them. */
  reserve(byteLength: number): void {
    const needed = this.byteLength + byteLength + 1
    if (needed > this.bytes.length) this.#grow(needed)
  }

  write(source: Uint8Array, begin: number, end: number): void {
    const length = end - begin
    this.reserve(length)
    const { bytes, byteLength } = this
    if (length > loopBytesMax) bytes.set(source.subarray(begin, end), byteLength)
    else
      for (let index = 0; index < length; index++) bytes[byteLength + index] = source[begin + index]
    this.byteLength += length
  }

  writeByte(byte: number): void {
    this.reserve(1)
    this.bytes[this.byteLength++] = byte
  }

  closeRow(): void {
    this.rowCount++
    if (this.rowCount >= this.#offsets.length) this.#growOffsets()
    this.#offsets[this.rowCount] = this.byteLength
  }

  /**
   * Appends rows that lie behind each other in `bytes`, from `begin` on, each with its end.
   * @param nulls 1 for each row that is null; null: none is
   */
  appendRows({ bytes, begin, ends }: BytesRows, nulls: Uint8Array | null): void {
    const base = this.byteLength - begin
    this.reserve(bytes.byteLength - begin)
    this.bytes.set(bytes.subarray(begin), this.byteLength)
    if (nulls !== null) this.#nulls.addAll(nulls, this.rowCount)
    while (this.rowCount + ends.length >= this.#offsets.length) this.#growOffsets()
    const offsets = this.#offsets
    const first = this.rowCount + 1
    for (let row = 0; row < ends.length; row++) offsets[first + row] = base + ends[row]
    this.rowCount += ends.length
    this.byteLength = base + bytes.byteLength
  }

  /** Appends the row of a column of one row. */
  appendFilled(column: Column): void {
    const { bytes, offsets, validity } = column as BytesColumn
    this.write(bytes, offsets[0], offsets[1])
    if (validity !== null) this.#nulls.add(this.rowCount)
    this.closeRow()
  }

  truncate(rowCount: number): void {
    this.rowCount = rowCount
    this.byteLength = this.#offsets[rowCount]
    this.#nulls.truncate(rowCount)
  }

  finish(): BytesColumn {
    return {
      shape: 'bytes',
      offsets: this.#offsets.subarray(0, this.rowCount + 1),
      bytes: this.bytes.subarray(0, this.byteLength),
      validity: this.#nulls.validity(this.rowCount),
    }
  }

  #grow(length: number): void {
    const { bytes } = this
    this.bytes = new Uint8Array(Math.max(length, bytes.length * 2))
    this.bytes.set(bytes)
  }

  #growOffsets(): void {
    const offsets = this.#offsets
    this.#offsets = new Int32Array(offsets.length * 2)
    this.#offsets.set(offsets)
  }
}

export class ListBuilder {
  readonly shape = 'list'
  readonly child: FixedBuilder | BytesBuilder
  readonly #nulls = new NullRows()
  #offsets = new Int32Array(17)
  rowCount = 0

  constructor(child: FixedBuilder | BytesBuilder) {
    this.child = child
  }

  /** Elements of the row that is being written. */
  get elementCount(): number {
    return this.child.rowCount - this.#offsets[this.rowCount]
  }

  closeRow(): void {
    this.rowCount++
    if (this.rowCount >= this.#offsets.length) {
      const offsets = this.#offsets
      this.#offsets = new Int32Array(offsets.length * 2)
      this.#offsets.set(offsets)
    }
    this.#offsets[this.rowCount] = this.child.rowCount
  }

  /** Appends the row of a column of one row, which is null or empty. */
  appendFilled(column: Column): void {
    if (column.validity !== null) this.#nulls.add(this.rowCount)
    this.closeRow()
  }

  truncate(rowCount: number): void {
    this.rowCount = rowCount
    this.child.truncate(this.#offsets[rowCount])
    this.#nulls.truncate(rowCount)
  }

  finish(): ListColumn {
    return {
      shape: 'list',
      offsets: this.#offsets.subarray(0, this.rowCount + 1),
      child: this.child.finish(),
      validity: this.#nulls.validity(this.rowCount),
    }
  }
}

/** The null rows in their order: nothing where there are none. */
class NullRows {
  readonly #rows: number[] = []

  add(row: number): void {
    this.#rows.push(row)
  }

  /** @param nulls 1 for each row that is null, from `firstRow` on */
  addAll(nulls: Uint8Array, firstRow: number): void {
    for (let at = nulls.indexOf(1); at >= 0; at = nulls.indexOf(1, at + 1)) {
      this.#rows.push(firstRow + at)
    }
  }

  truncate(rowCount: number): void {
    const rows = this.#rows
    while (rows.length > 0 && rows[rows.length - 1] >= rowCount) rows.pop()
  }

  validity(rowCount: number): Uint8Array | null {
    if (this.#rows.length === 0) return null
    const bitmap = bitmapWithLength(rowCount, true)
    for (const row of this.#rows) clearBit(bitmap, row)
    return bitmap
  }
}

function wordsOf({ buffer }: FixedColumn['values']): Int32Array {
  return new Int32Array(buffer, 0, buffer.byteLength >> 2)
}
