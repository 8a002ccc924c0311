import { type Dataset, type Metadata, Module } from 'h5wasm'
import type { BytesColumn, Column, FixedColumn, FixedValues } from '../../column/column.js'
import { regularOffsets } from '../../column/regular-offsets.js'
import type { PlainColumn } from '../arrow/arrow-conversion.js'
import type { ArrowType } from '../arrow/arrow-type.js'

/** A dataset as a column: of one dimension its values, of two its rows as lists. */
export interface Hdf5Dataset {
  readonly name: string
  readonly type: ArrowType
  readonly rowCount: number
  /** Estimated, where rows have lengths of their own. */
  readonly rowBytes: number
  /** Rows that lie together: to read a part of them costs as much as to read all. */
  readonly chunkRows: number
  /** Rows `[begin, end)`. */
  read(begin: number, end: number): Column
}

const rowBytesMax = 64 * 1024 ** 2
const variableBytes = 64

export function hdf5DatasetOf(dataset: Dataset): Hdf5Dataset {
  const { metadata } = dataset
  const [rowCount = 0, rowLength, ...more] = metadata.shape ?? []
  const valueBytes = isVariable(metadata) ? variableBytes : metadata.size
  const rowBytes = Math.max(1, valueBytes * (rowLength ?? 1))
  const isColumn = metadata.shape?.length && more.length === 0 && rowBytes <= rowBytesMax
  const item = itemTypeOf(metadata)
  const type: ArrowType = rowLength === undefined ? item : { kind: 'list', item }
  const shapeType: ArrowType = { kind: 'other', name: `shape [${metadata.shape?.join(', ')}]` }
  giveHalvesAsBits(metadata)
  return {
    name: dataset.path.slice(1),
    type: unknownFilterOf(dataset) ?? (isColumn ? type : shapeType),
    rowCount,
    rowBytes,
    chunkRows: metadata.chunks?.[0] ?? 1,
    read: (begin, end) => readRows(dataset, begin, end, rowLength),
  }
}

/** The library has no 16-bit floats: told that they are integers, it gives their bits. */
function giveHalvesAsBits(metadata: Metadata): void {
  const { H5T_INTEGER, H5T_FLOAT } = Module.H5T_class_t
  if (metadata.vlen_type) giveHalvesAsBits(metadata.vlen_type)
  if (metadata.type !== H5T_FLOAT.value || metadata.size !== 2) return
  Object.assign(metadata, { type: H5T_INTEGER.value, signed: false })
}

/** Filters from here on are others' than the library's own, and would have to be loaded. */
const ownFiltersEnd = 256

function unknownFilterOf(dataset: Dataset): ArrowType | null {
  const filter = dataset.filters.find(({ id }) => id >= ownFiltersEnd)
  return filter ? { kind: 'other', name: `values behind the filter ${filter.name}` } : null
}

function isVariable({ vlen, type }: Metadata): boolean {
  return vlen || type === Module.H5T_class_t.H5T_VLEN.value
}

function itemTypeOf(metadata: Metadata): ArrowType {
  const { H5T_INTEGER, H5T_FLOAT, H5T_STRING, H5T_ENUM, H5T_VLEN } = Module.H5T_class_t
  const { type, size, signed } = metadata
  if (type === H5T_STRING.value) return { kind: 'text' }
  if (type === H5T_INTEGER.value) return integerTypeOf(size, signed)
  if (type === H5T_FLOAT.value) return floatTypeOf(size)
  if (type === H5T_ENUM.value && isBoolean(metadata)) return { kind: 'bool' }
  if (type === H5T_VLEN.value && metadata.vlen_type) {
    const item = itemTypeOf(metadata.vlen_type)
    const isRead = item.kind === 'int' || (item.kind === 'float' && item.bits > 16)
    return isRead ? { kind: 'list', item } : { kind: 'other', name: 'rows of varying length' }
  }
  return { kind: 'other', name: `an HDF5 type of class ${type} with ${size} bytes` }
}

function integerTypeOf(size: number, isSigned: boolean): ArrowType {
  const bits = ([8, 16, 32, 64] as const).find((known) => known === size * 8)
  return bits
    ? { kind: 'int', bits, isSigned }
    : { kind: 'other', name: `integer of ${size} bytes` }
}

function floatTypeOf(size: number): ArrowType {
  const bits = ([16, 32, 64] as const).find((known) => known === size * 8)
  return bits ? { kind: 'float', bits } : { kind: 'other', name: `float of ${size} bytes` }
}

/** As h5py has them. */
function isBoolean({ enum_type, size }: Metadata): boolean {
  const { FALSE, TRUE } = enum_type?.members ?? {}
  return size === 1 && enum_type?.nmembers === 2 && FALSE === 0 && TRUE === 1
}

/** The library gives values in the byte order of this machine, whatever the file's is. */
function readRows(
  dataset: Dataset,
  begin: number,
  end: number,
  rowLength: number | undefined,
): Column {
  const found = dataset.slice(rowLength === undefined ? [[begin, end]] : [[begin, end], []])
  const rowCount = end - begin
  if (Array.isArray(found)) return arrayColumn(found, rowCount, rowLength)
  if (!ArrayBuffer.isView(found)) throw new Error(`expected values, got ${typeof found}`)
  const plain = {
    shape: 'fixed',
    values: signedOf(found),
    width: 1,
    validity: null,
  } as const
  return listed(plain, rowCount, rowLength)
}

function listed(child: PlainColumn, rowCount: number, rowLength: number | undefined): Column {
  if (rowLength === undefined) return child
  return { shape: 'list', offsets: regularOffsets(rowCount, rowLength), child, validity: null }
}

/** Texts, or lists of their own lengths. */
function arrayColumn(
  found: readonly unknown[],
  rowCount: number,
  rowLength: number | undefined,
): Column {
  if (found.every((value) => typeof value === 'string')) {
    return listed(textColumn(found), rowCount, rowLength)
  }
  const rows = found.map((value) => {
    if (ArrayBuffer.isView(value)) return signedOf(value)
    throw new Error('expected lists of numbers, got other values')
  })
  const offsets = new Int32Array(rows.length + 1)
  rows.forEach((row, index) => {
    offsets[index + 1] = offsets[index] + row.length
  })
  return { shape: 'list', offsets, child: joined(rows, offsets[rows.length]), validity: null }
}

function joined(rows: readonly FixedValues[], length: number): FixedColumn {
  const type = (rows[0] ?? new Uint8Array(0)).constructor as new (length: number) => FixedValues
  const values = new type(length)
  let position = 0
  for (const row of rows) {
    values.set(row as never, position)
    position += row.length
  }
  return { shape: 'fixed', values, width: 1, validity: null }
}

function textColumn(texts: readonly string[]): BytesColumn {
  const encoded = texts.map((text) => Buffer.from(text))
  const offsets = new Int32Array(texts.length + 1)
  encoded.forEach((bytes, row) => {
    offsets[row + 1] = offsets[row] + bytes.length
  })
  const bytes = new Uint8Array(offsets[texts.length])
  encoded.forEach((text, row) => {
    bytes.set(text, offsets[row])
  })
  return { shape: 'bytes', offsets, bytes, validity: null }
}

/** The library gives values in our byte order; unsigned ones of 32 and 64 bits become signed ones. */
function signedOf(view: ArrayBufferView): FixedValues {
  const { buffer, byteOffset, byteLength } = view
  if (view instanceof Uint32Array) return new Int32Array(buffer, byteOffset, byteLength / 4)
  if (view instanceof BigUint64Array) return new BigInt64Array(buffer, byteOffset, byteLength / 8)
  return view as FixedValues
}
