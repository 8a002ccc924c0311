/**
 * A column batch as bytes, for what is kept in the store until it is sealed.
 *
 *   0        4              8                       8 + H (padded to 8)
 *   ├─ MRB1 ─┼─ H: u32 LE ─┼─ header: JSON, H bytes ┼─ buffers, each padded to 8 ─ …
 *
 * The header lists the columns in their order, and for each its shape, the type and width of its values,
 * and the byte length of each of its buffers in the order offsets, values, validity (-1: has none).
 * Numbers are little endian, as the machine's are: the format is not for exchange.
 */
import type { BytesColumn, Column, ColumnBatch, FixedColumn, FixedValues } from './column.js'

const magic = 0x3142524d

const valuesTypes = {
  u8: Uint8Array,
  i8: Int8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const

type ValuesType = keyof typeof valuesTypes

interface PlainHeader {
  readonly shape: 'fixed' | 'bytes'
  readonly type: ValuesType
  readonly width: number
  readonly offsets: number
  readonly values: number
  readonly validity: number
}

interface ColumnHeader extends Omit<PlainHeader, 'shape'> {
  readonly id: number
  readonly shape: Column['shape']
  readonly child?: PlainHeader
}

interface BatchHeader {
  readonly rowCount: number
  readonly columns: readonly ColumnHeader[]
}

export function encodeBatch(batch: ColumnBatch): Uint8Array {
  const buffers: Uint8Array[] = []
  const columns: ColumnHeader[] = []
  for (const [id, column] of batch.columns) {
    columns.push(columnHeader(id, column, batch.rowCount, buffers))
  }
  const header = new TextEncoder().encode(JSON.stringify({ rowCount: batch.rowCount, columns }))
  const bodyBytes = buffers.reduce((sum, buffer) => sum + padded(buffer.byteLength), 0)
  const encoded = new Uint8Array(padded(8 + header.byteLength) + bodyBytes)
  new Uint32Array(encoded.buffer, 0, 2).set([magic, header.byteLength])
  encoded.set(header, 8)
  let position = padded(8 + header.byteLength)
  for (const buffer of buffers) {
    encoded.set(buffer, position)
    position += padded(buffer.byteLength)
  }
  return encoded
}

/** The batch of `encodeBatch`. Its columns are views of `encoded` where that lies aligned, else of a copy. */
export function decodeBatch(encoded: Uint8Array): ColumnBatch {
  const aligned = encoded.byteOffset % 8 === 0 ? encoded : encoded.slice()
  const [foundMagic, headerBytes] = new Uint32Array(aligned.buffer, aligned.byteOffset, 2)
  if (foundMagic !== magic) throw new TypeError(`not a column batch: starts with ${foundMagic}`)
  const header: BatchHeader = JSON.parse(
    new TextDecoder().decode(aligned.subarray(8, 8 + headerBytes)),
  )
  const buffers = new BufferCursor(aligned, padded(8 + headerBytes))
  const columns = new Map(header.columns.map((column) => [column.id, readColumn(column, buffers)]))
  return { rowCount: header.rowCount, columns }
}

function columnHeader(
  id: number,
  column: Column,
  rowCount: number,
  buffers: Uint8Array[],
): ColumnHeader {
  if (column.shape !== 'list') {
    const { shape, type, width, offsets, values, validity } = plainHeader(column, rowCount, buffers)
    return { id, shape, type, width, offsets, values, validity }
  }
  const first = column.offsets[0]
  const childRows = column.offsets[rowCount] - first
  const offsets = pushBytes(buffers, rebased(column.offsets, rowCount))
  const validity = pushValidity(buffers, column.validity, rowCount)
  const child = plainHeader(childSlice(column.child, first, childRows), childRows, buffers)
  return { id, shape: 'list', type: 'u8', width: 1, offsets, values: -1, validity, child }
}

function plainHeader(
  column: FixedColumn | BytesColumn,
  rowCount: number,
  buffers: Uint8Array[],
): PlainHeader {
  if (column.shape === 'fixed') {
    const values = pushBytes(buffers, column.values.subarray(0, rowCount * column.width))
    const validity = pushValidity(buffers, column.validity, rowCount)
    return {
      shape: 'fixed',
      type: typeOf(column.values),
      width: column.width,
      offsets: -1,
      values,
      validity,
    }
  }
  const offsets = pushBytes(buffers, rebased(column.offsets, rowCount))
  const values = pushBytes(
    buffers,
    column.bytes.subarray(column.offsets[0], column.offsets[rowCount]),
  )
  const validity = pushValidity(buffers, column.validity, rowCount)
  return { shape: 'bytes', type: 'u8', width: 1, offsets, values, validity }
}

function childSlice(child: FixedColumn | BytesColumn, first: number, rowCount: number) {
  if (child.shape === 'fixed') {
    const values = child.values.subarray(first * child.width, (first + rowCount) * child.width)
    return { ...child, values }
  }
  return { ...child, offsets: child.offsets.subarray(first, first + rowCount + 1) }
}

function rebased(offsets: Int32Array, rowCount: number): Int32Array {
  const first = offsets[0]
  const used = offsets.subarray(0, rowCount + 1)
  return first === 0 ? used : used.map((offset) => offset - first)
}

function pushValidity(
  buffers: Uint8Array[],
  validity: Uint8Array | null,
  rowCount: number,
): number {
  return validity === null ? -1 : pushBytes(buffers, validity.subarray(0, (rowCount + 7) >> 3))
}

function pushBytes(buffers: Uint8Array[], view: ArrayBufferView): number {
  buffers.push(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  return view.byteLength
}

function readColumn(header: ColumnHeader, buffers: BufferCursor): Column {
  if (header.shape !== 'list' || !header.child) return readPlain(header as PlainHeader, buffers)
  const offsets = buffers.take(Int32Array, header.offsets)
  const validity = buffers.takeValidity(header.validity)
  return { shape: 'list', offsets, validity, child: readPlain(header.child, buffers) }
}

function readPlain(header: PlainHeader, buffers: BufferCursor): FixedColumn | BytesColumn {
  if (header.shape === 'fixed') {
    const values = buffers.take<FixedValues>(valuesTypes[header.type], header.values)
    return {
      shape: 'fixed',
      values,
      width: header.width,
      validity: buffers.takeValidity(header.validity),
    }
  }
  const offsets = buffers.take(Int32Array, header.offsets)
  const bytes = buffers.take(Uint8Array, header.values)
  return { shape: 'bytes', offsets, bytes, validity: buffers.takeValidity(header.validity) }
}

class BufferCursor {
  readonly #bytes: Uint8Array
  #position: number

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes
    this.#position = position
  }

  take<Values>(
    type: {
      new (buffer: ArrayBufferLike, byteOffset: number, length: number): Values
      readonly BYTES_PER_ELEMENT: number
    },
    byteLength: number,
  ): Values {
    const start = this.#bytes.byteOffset + this.#position
    this.#position += padded(byteLength)
    return new type(this.#bytes.buffer, start, byteLength / type.BYTES_PER_ELEMENT)
  }

  takeValidity(byteLength: number): Uint8Array | null {
    return byteLength < 0 ? null : this.take(Uint8Array, byteLength)
  }
}

function typeOf(values: FixedValues): ValuesType {
  return typeNames.find((name) => values instanceof valuesTypes[name])!
}

const typeNames = Object.keys(valuesTypes) as ValuesType[]

function padded(byteLength: number): number {
  return (byteLength + 7) & ~7
}
