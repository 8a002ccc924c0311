import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import { float16Bits } from './float16-bits.js'
import type { Table } from './random-table.js'
import { writtenFields } from './table-text.js'

export interface NpyLayout {
  readonly isFortranOrder: boolean
  readonly isBigEndian: boolean
  readonly version: 1 | 2 | 3
}

type WriteItem = (view: DataView, at: number, value: never, isLittleEndian: boolean) => void

interface Dtype {
  readonly code: string
  readonly itemBytes: number
  readonly write: WriteItem
}

/** A file for each field, by its name. */
export function npyFiles(table: Table, layout: NpyLayout): Map<string, Uint8Array> {
  return new Map(
    writtenFields(table).map((field) => {
      const values = table.rows.map((row) => row[field.name])
      return [`${field.name}.npy`, npyBytes(field, values, layout)]
    }),
  )
}

function npyBytes(field: Field, rows: readonly unknown[], layout: NpyLayout): Uint8Array {
  const width = Array.isArray(rows[0]) ? rows[0].length : null
  const items = width === null || !layout.isFortranOrder ? rows.flat() : byColumns(rows, width)
  const dtype = dtypeOf(field, items)
  const shape = width === null ? `(${rows.length},)` : `(${rows.length}, ${width})`
  const header = headerOf(dtype, shape, layout)
  const bytes = new Uint8Array(header.length + items.length * dtype.itemBytes)
  bytes.set(header)
  const view = new DataView(bytes.buffer, header.length)
  items.forEach((item, index) => {
    dtype.write(view, index * dtype.itemBytes, item as never, !layout.isBigEndian)
  })
  return bytes
}

function byColumns(rows: readonly unknown[], width: number): unknown[] {
  return Array.from({ length: width }, (_, at) => rows.map((row) => (row as unknown[])[at])).flat()
}

function headerOf({ code, itemBytes }: Dtype, shape: string, layout: NpyLayout): Uint8Array {
  const order = itemBytes === 1 ? '|' : layout.isBigEndian ? '>' : '<'
  const isFortran = layout.isFortranOrder ? 'True' : 'False'
  const dict = `{'descr': '${order}${code}', 'fortran_order': ${isFortran}, 'shape': ${shape}, }\n`
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), layout.version, 0])
  const length = Buffer.alloc(layout.version === 1 ? 2 : 4)
  length.writeUInt16LE(dict.length)
  return Buffer.concat([prefix, length, Buffer.from(dict)])
}

function dtypeOf({ dataType }: Field, items: readonly unknown[]): Dtype {
  const fixed = fixedDtypes[dataType]
  if (fixed) return fixed
  const points = items.map((item) => [...String(item)].length)
  const length = Math.max(1, ...points)
  return { code: `U${length}`, itemBytes: 4 * length, write: writeCodePoints }
}

function writeCodePoints(view: DataView, at: number, text: never, isLittleEndian: boolean): void {
  const points = [...String(text)].map((character) => character.codePointAt(0)!)
  points.forEach((point, index) => {
    view.setUint32(at + 4 * index, point, isLittleEndian)
  })
}

const fixedDtypes: { readonly [Type in DataType]?: Dtype } = {
  [DataType.Bool]: {
    code: 'b1',
    itemBytes: 1,
    write: (view, at, value) => view.setUint8(at, value ? 1 : 0),
  },
  [DataType.Int8]: {
    code: 'i1',
    itemBytes: 1,
    write: (view, at, value) => view.setInt8(at, value),
  },
  [DataType.Int16]: { code: 'i2', itemBytes: 2, write: (view, ...item) => view.setInt16(...item) },
  [DataType.Int32]: { code: 'i4', itemBytes: 4, write: (view, ...item) => view.setInt32(...item) },
  [DataType.Int64]: {
    code: 'i8',
    itemBytes: 8,
    write: (view, at, value, isLittle) => view.setBigInt64(at, BigInt(value), isLittle),
  },
  [DataType.Float]: {
    code: 'f4',
    itemBytes: 4,
    write: (view, ...item) => view.setFloat32(...item),
  },
  [DataType.Double]: {
    code: 'f8',
    itemBytes: 8,
    write: (view, ...item) => view.setFloat64(...item),
  },
  [DataType.FloatVector]: {
    code: 'f4',
    itemBytes: 4,
    write: (view, ...item) => view.setFloat32(...item),
  },
  [DataType.BFloat16Vector]: {
    code: 'f4',
    itemBytes: 4,
    write: (view, ...item) => view.setFloat32(...item),
  },
  [DataType.Float16Vector]: {
    code: 'f2',
    itemBytes: 2,
    write: (view, at, value, isLittle) => view.setUint16(at, float16Bits(value), isLittle),
  },
  [DataType.BinaryVector]: {
    code: 'u1',
    itemBytes: 1,
    write: (view, at, value) => view.setUint8(at, value),
  },
  [DataType.Int8Vector]: {
    code: 'i1',
    itemBytes: 1,
    write: (view, at, value) => view.setInt8(at, value),
  },
}
