import {
  type BytesColumn,
  type Column,
  type ColumnLayout,
  type FixedColumn,
  type FixedValues,
  layoutOf,
} from '../../column/column.js'
import { regularOffsets } from '../../column/regular-offsets.js'
import { DataType } from '../../schema/data-type.js'
import type { ArrowConversion } from '../arrow/arrow-conversion.js'
import { arrowConversionOf } from '../arrow/arrow-mapping.js'
import { unexpectedEnd, valueTypeOf } from './npy-check.js'
import {
  type NpyConversion,
  npyConversionOf,
  type SameConversion,
  type TextConversion,
  type ValuesConversion,
} from './npy-conversion.js'
import type { NpyFile } from './npy-group.js'
import { type NpyRows, npyRows, type RowRange } from './npy-rows.js'

type FixedLayout = Extract<ColumnLayout, { shape: 'fixed' }>

/** Types whose values a file of texts may have: ISO 8601 times, and JSON. */
const parsedTypes: readonly DataType[] = [DataType.Timestamptz, DataType.SparseFloatVector]

/** An item that its field cannot hold; thrown. Its row is counted from where the reader's range begins. */
export class BadNpyItem {
  readonly file: string
  readonly row: number
  readonly field: string
  readonly message: string

  constructor(file: string, row: number, field: string, message: string) {
    this.file = file
    this.row = row
    this.field = field
    this.message = message
  }
}

/** Reads one .npy file as the column of its field, into arrays that the next call uses again. */
export class NpyColumnReader {
  readonly #file: NpyFile
  readonly #firstRow: number
  readonly #rows: NpyRows
  readonly #conversion: NpyConversion
  /** null: texts are what they are. */
  readonly #fromTexts: ArrowConversion | null
  readonly #layout: ColumnLayout
  readonly #itemsPerRow: number
  readonly #raw: ArrayBuffer
  readonly #values: FixedValues
  readonly #textOffsets: Int32Array
  readonly #listOffsets: Int32Array

  /** @param rowsMax the most rows that one `read` asks for */
  constructor(file: NpyFile, range: RowRange, rowsMax: number) {
    const { field, header } = file
    this.#file = file
    this.#firstRow = range.rowBegin
    this.#rows = npyRows(file.source, header, range)
    this.#conversion = npyConversionOf(valueTypeOf(field), header.dtype.code)!
    const isParsed = this.#conversion.kind === 'text' && parsedTypes.includes(field.dataType)
    this.#fromTexts = isParsed ? arrowConversionOf(field, { kind: 'text' }) : null
    this.#layout = layoutOf(field)
    this.#itemsPerRow = header.shape[1] ?? 1
    this.#raw = new ArrayBuffer(Math.ceil((rowsMax * this.#rows.rowBytes) / 8) * 8)
    const itemsMax = rowsMax * this.#itemsPerRow
    this.#values = this.#newValues(itemsMax)
    this.#textOffsets = new Int32Array(this.#conversion.kind === 'text' ? itemsMax + 1 : 0)
    this.#listOffsets = regularOffsets(
      this.#layout.shape === 'list' ? rowsMax : 0,
      this.#itemsPerRow,
    )
  }

  get rowBytes(): number {
    return this.#rows.rowBytes
  }

  /**
   * @param rowBegin of the file
   * @throws importFailed where the file ends too early, BadNpyItem at an item that the field cannot hold
   */
  async read(rowBegin: number, rowCount: number): Promise<Column> {
    await this.#fill(rowBegin, rowCount)
    const itemCount = rowCount * this.#itemsPerRow
    const column = this.#convert(rowBegin, itemCount)
    if (this.#layout.shape !== 'list') return column
    const offsets = this.#listOffsets.subarray(0, rowCount + 1)
    return { shape: 'list', offsets, child: column, validity: null }
  }

  async #fill(rowBegin: number, rowCount: number): Promise<void> {
    const { source, field, header } = this.#file
    const bytes = new Uint8Array(this.#raw, 0, rowCount * this.rowBytes)
    if (!(await this.#rows.read(rowBegin, bytes))) {
      const place = { file: source.name, row: rowBegin - this.#firstRow, field: field.name }
      throw unexpectedEnd(place, field, header, 'fewer: the file was cut meanwhile')
    }
    if (header.dtype.isBigEndian) swapBytes(bytes, this.#unitBytes)
  }

  /** Bytes of what has a byte order: a number, or a character of a text. */
  get #unitBytes(): number {
    return this.#conversion.kind === 'text'
      ? this.#conversion.unitBytes
      : this.#file.header.dtype.itemBytes
  }

  #convert(rowBegin: number, itemCount: number): FixedColumn | BytesColumn {
    switch (this.#conversion.kind) {
      case 'same':
        return this.#same(this.#conversion, rowBegin, itemCount)
      case 'values':
        return this.#converted(this.#conversion, rowBegin, itemCount)
      case 'text':
        return this.#text(this.#conversion, rowBegin, itemCount)
    }
  }

  #same({ check, expected }: SameConversion, rowBegin: number, itemCount: number): FixedColumn {
    const { itemBytes } = this.#file.header.dtype
    const { width, valuesType } = this.#fixedLayout
    const byteLength = itemCount * itemBytes
    const fault = check === null ? -1 : check(new Uint8Array(this.#raw, 0, byteLength))
    if (fault >= 0) {
      const unsigned = itemBytes === 8 ? new BigUint64Array(this.#raw) : new Uint8Array(this.#raw)
      this.#fail(rowBegin, fault, `expected ${expected}, got ${unsigned[fault]}`)
    }
    const values = new valuesType(this.#raw, 0, byteLength / valuesType.BYTES_PER_ELEMENT)
    return { shape: 'fixed', values, width, validity: null }
  }

  #converted(
    { itemType, convert, expected }: ValuesConversion,
    rowBegin: number,
    itemCount: number,
  ): FixedColumn {
    const items = new itemType(this.#raw, 0, itemCount)
    const values = this.#values.subarray(0, itemCount)
    const fault = convert(items as never, values as never)
    if (fault >= 0) this.#fail(rowBegin, fault, `expected ${expected}, got ${items[fault]}`)
    return { shape: 'fixed', values, width: this.#fixedLayout.width, validity: null }
  }

  /** Texts that mean values of another kind. */
  #parsed(texts: BytesColumn, rowBegin: number, rowCount: number): FixedColumn | BytesColumn {
    const fail = (row: number, message: string) => this.#fail(rowBegin, row, message)
    return this.#fromTexts!([texts], rowCount, fail) as FixedColumn | BytesColumn
  }

  #text(
    { unitBytes, encode, fault: faultOf }: TextConversion,
    rowBegin: number,
    itemCount: number,
  ): FixedColumn | BytesColumn {
    const itemUnits = this.#file.header.dtype.itemBytes / unitBytes
    const itemType = unitBytes === 4 ? Uint32Array : Uint8Array
    const items = new itemType(this.#raw, 0, itemCount * itemUnits)
    const bytes = this.#values as Uint8Array
    const fault = encode(items as never, itemUnits, this.#textOffsets, bytes)
    if (fault >= 0) {
      const item = items.subarray(fault * itemUnits, (fault + 1) * itemUnits)
      this.#fail(rowBegin, fault, faultOf(item as never))
    }
    const offsets = this.#textOffsets.subarray(0, itemCount + 1)
    const column = { shape: 'bytes', offsets, bytes, validity: null } as const
    return this.#fromTexts ? this.#parsed(column, rowBegin, itemCount) : column
  }

  /** What the items are converted into: nothing where the file's bytes are the values. */
  #newValues(itemsMax: number): FixedValues {
    if (this.#conversion.kind === 'same') return new Uint8Array(0)
    if (this.#conversion.kind === 'text') return new Uint8Array(this.#raw.byteLength)
    return new this.#fixedLayout.valuesType(itemsMax)
  }

  get #fixedLayout(): FixedLayout {
    const layout = this.#layout.shape === 'list' ? this.#layout.child : this.#layout
    return layout as FixedLayout
  }

  #fail(rowBegin: number, item: number, message: string): never {
    const { source, field } = this.#file
    const row = rowBegin - this.#firstRow + Math.floor(item / this.#itemsPerRow)
    const inRow = this.#itemsPerRow > 1 ? ` in item ${item % this.#itemsPerRow} of the row` : ''
    throw new BadNpyItem(source.name, row, field.name, `${message}${inRow}`)
  }
}

function swapBytes(bytes: Uint8Array, unitBytes: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (unitBytes === 2) buffer.swap16()
  if (unitBytes === 4) buffer.swap32()
  if (unitBytes === 8) buffer.swap64()
}
