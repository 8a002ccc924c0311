import { hasBit, setBit } from './bitmap.js'
import type {
  BytesColumn,
  Column,
  ColumnLayout,
  FixedColumn,
  FixedValues,
  ListColumn,
} from './column.js'
import { copyInto } from './copy-into.js'

/**
 * A column that grows at its end. `snapshot` gives the rows so far without copying them: rows once
 * appended never change, and growing past the capacity moves to new arrays, so a snapshot stays good.
 */
export interface GrowableColumn {
  readonly rowCount: number
  /** Bytes held by the rows so far. */
  readonly byteLength: number
  /** Appends rows `[rowBegin, rowEnd)` of `column`, which has the same layout. */
  append(column: Column, rowBegin: number, rowEnd: number): void
  /** Appends `rowCount` null rows. */
  appendNulls(rowCount: number): void
  snapshot(): Column
}

/** @param isShared whether values lie in shared memory, so that threads are sent snapshots without a copy */
export function growableColumn(layout: ColumnLayout, isShared = false): GrowableColumn {
  switch (layout.shape) {
    case 'fixed':
      return new GrowableFixed(new layout.valuesType(noBytes(isShared)), layout.width)
    case 'bytes':
      return new GrowableBytes(isShared)
    case 'list': {
      const child = growableColumn(layout.child, isShared) as GrowableFixed | GrowableBytes
      return new GrowableList(child, isShared)
    }
  }
}

/** What grows from it stays of its kind. */
function noBytes(isShared: boolean, byteLength = 0): ArrayBufferLike {
  return isShared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength)
}

class GrowableFixed implements GrowableColumn {
  #values: FixedValues
  readonly #width: number
  readonly #validity = new GrowableValidity()
  rowCount = 0

  constructor(values: FixedValues, width: number) {
    this.#values = values
    this.#width = width
  }

  get byteLength(): number {
    return this.rowCount * this.#width * this.#values.BYTES_PER_ELEMENT
  }

  append(column: Column, rowBegin: number, rowEnd: number): void {
    const source = column as FixedColumn
    const width = this.#width
    this.#values = withCapacity(this.#values, (this.rowCount + rowEnd - rowBegin) * width)
    const rows = source.values.subarray(rowBegin * width, rowEnd * width)
    copyInto(this.#values, rows, this.rowCount * width)
    this.#validity.append(column.validity, rowBegin, rowEnd, this.rowCount)
    this.rowCount += rowEnd - rowBegin
  }

  appendNulls(rowCount: number): void {
    this.#values = withCapacity(this.#values, (this.rowCount + rowCount) * this.#width)
    this.#validity.appendNulls(rowCount, this.rowCount)
    this.rowCount += rowCount
  }

  snapshot(): FixedColumn {
    const values = this.#values.subarray(0, this.rowCount * this.#width)
    const validity = this.#validity.snapshot(this.rowCount)
    return { shape: 'fixed', values, width: this.#width, validity }
  }
}

class GrowableBytes implements GrowableColumn {
  readonly #offsets: GrowableOffsets
  #bytes: Uint8Array
  readonly #validity = new GrowableValidity()
  rowCount = 0

  constructor(isShared: boolean) {
    this.#offsets = new GrowableOffsets(isShared)
    this.#bytes = new Uint8Array(noBytes(isShared))
  }

  get byteLength(): number {
    return this.#offsets.last(this.rowCount) + this.rowCount * 4
  }

  append(column: Column, rowBegin: number, rowEnd: number): void {
    const source = column as BytesColumn
    const used = this.#offsets.last(this.rowCount)
    const first = source.offsets[rowBegin]
    const last = source.offsets[rowEnd]
    this.#bytes = withCapacity(this.#bytes, used + last - first)
    copyInto(this.#bytes, source.bytes.subarray(first, last), used)
    this.#offsets.append(source.offsets, rowBegin, rowEnd, this.rowCount)
    this.#validity.append(column.validity, rowBegin, rowEnd, this.rowCount)
    this.rowCount += rowEnd - rowBegin
  }

  appendNulls(rowCount: number): void {
    this.#offsets.appendNulls(rowCount, this.rowCount)
    this.#validity.appendNulls(rowCount, this.rowCount)
    this.rowCount += rowCount
  }

  snapshot(): BytesColumn {
    return {
      shape: 'bytes',
      offsets: this.#offsets.snapshot(this.rowCount),
      bytes: this.#bytes.subarray(0, this.#offsets.last(this.rowCount)),
      validity: this.#validity.snapshot(this.rowCount),
    }
  }
}

class GrowableList implements GrowableColumn {
  readonly #offsets: GrowableOffsets
  readonly #child: GrowableFixed | GrowableBytes
  readonly #validity = new GrowableValidity()
  rowCount = 0

  constructor(child: GrowableFixed | GrowableBytes, isShared: boolean) {
    this.#offsets = new GrowableOffsets(isShared)
    this.#child = child
  }

  get byteLength(): number {
    return this.#child.byteLength + this.rowCount * 4
  }

  append(column: Column, rowBegin: number, rowEnd: number): void {
    const source = column as ListColumn
    this.#child.append(source.child, source.offsets[rowBegin], source.offsets[rowEnd])
    this.#offsets.append(source.offsets, rowBegin, rowEnd, this.rowCount)
    this.#validity.append(column.validity, rowBegin, rowEnd, this.rowCount)
    this.rowCount += rowEnd - rowBegin
  }

  appendNulls(rowCount: number): void {
    this.#offsets.appendNulls(rowCount, this.rowCount)
    this.#validity.appendNulls(rowCount, this.rowCount)
    this.rowCount += rowCount
  }

  snapshot(): ListColumn {
    return {
      shape: 'list',
      offsets: this.#offsets.snapshot(this.rowCount),
      child: this.#child.snapshot(),
      validity: this.#validity.snapshot(this.rowCount),
    }
  }
}

/** Where each row of variable length ends, counted from the column's first byte or element. */
class GrowableOffsets {
  #offsets: Int32Array

  constructor(isShared: boolean) {
    this.#offsets = new Int32Array(noBytes(isShared, 4))
  }

  /** The end of the last of `rowCount` rows. */
  last(rowCount: number): number {
    return this.#offsets[rowCount]
  }

  append(offsets: Int32Array, rowBegin: number, rowEnd: number, rowCount: number): void {
    const shift = this.#offsets[rowCount] - offsets[rowBegin]
    const grown = withCapacity(this.#offsets, rowCount + rowEnd - rowBegin + 1)
    for (let row = rowBegin; row < rowEnd; row++) {
      grown[rowCount + row - rowBegin + 1] = offsets[row + 1] + shift
    }
    this.#offsets = grown
  }

  appendNulls(nullCount: number, rowCount: number): void {
    const used = this.#offsets[rowCount]
    this.#offsets = withCapacity(this.#offsets, rowCount + nullCount + 1)
    this.#offsets.fill(used, rowCount + 1, rowCount + nullCount + 1)
  }

  snapshot(rowCount: number): Int32Array {
    return this.#offsets.subarray(0, rowCount + 1)
  }
}

/** Validity that costs nothing until the first null comes. */
class GrowableValidity {
  #bitmap: Uint8Array | null = null

  append(validity: Uint8Array | null, rowBegin: number, rowEnd: number, rowCount: number): void {
    if (validity === null && this.#bitmap === null) return
    const bitmap = this.#grown(rowCount, rowEnd - rowBegin)
    for (let row = rowBegin; row < rowEnd; row++) {
      if (validity === null || hasBit(validity, row)) setBit(bitmap, rowCount + row - rowBegin)
    }
  }

  appendNulls(nullCount: number, rowCount: number): void {
    if (nullCount > 0) this.#grown(rowCount, nullCount)
  }

  /** A copy: its last byte may still gain bits. */
  snapshot(rowCount: number): Uint8Array | null {
    return this.#bitmap === null ? null : this.#bitmap.slice(0, (rowCount + 7) >> 3)
  }

  #grown(rowCount: number, more: number): Uint8Array {
    const isFirst = this.#bitmap === null
    const bitmap = withCapacity(this.#bitmap ?? new Uint8Array(0), (rowCount + more + 7) >> 3)
    if (isFirst) for (let row = 0; row < rowCount; row++) setBit(bitmap, row)
    this.#bitmap = bitmap
    return bitmap
  }
}

function withCapacity<Values extends FixedValues>(values: Values, length: number): Values {
  if (values.length >= length) return values
  const grownLength = Math.max(length, values.length * 2, 16)
  const bytes = noBytes(
    values.buffer instanceof SharedArrayBuffer,
    grownLength * values.BYTES_PER_ELEMENT,
  )
  const grown = new (values.constructor as new (bytes: ArrayBufferLike) => Values)(bytes)
  copyInto(grown, values, 0)
  return grown
}
