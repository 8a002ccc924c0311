/** What the tests of .npy share: files by own bytes, sources in memory, fields. */
import type { Column, ColumnBatch } from '../../dist/column/column.js'
import { MillraceError } from '../../dist/errors.js'
import {
  type BatchReader,
  defaultReadOptions,
  type ReadRequest,
} from '../../dist/formats/format.js'
import { formatOf } from '../../dist/formats/registry.js'
import type { DataType } from '../../dist/schema/data-type.js'
import { type Field, plainField } from '../../dist/schema/field.js'
import type { ByteSource } from '../../dist/source/byte-source.js'
import { memorySource } from './memory-source.js'

export type Item = number | bigint | string | boolean | Uint8Array

/** A file as numpy writes it; `items` are in the order of the rows, whatever the order of the file. */
export interface NpySpec {
  readonly descr: string
  readonly shape: readonly number[]
  readonly items: readonly Item[]
  readonly isFortran?: boolean
  readonly version?: 1 | 2 | 3
}

export function npyFile({ descr, shape, items, isFortran = false, version = 1 }: NpySpec) {
  const itemBytes = itemBytesOf(descr)
  const data = Buffer.alloc(items.length * itemBytes)
  const [rows, columns] = [shape[0], shape[1] ?? 1]
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = isFortran ? column * rows + row : row * columns + column
      const item = data.subarray(place * itemBytes, (place + 1) * itemBytes)
      writeItem(item, descr, items[row * columns + column])
    }
  }
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const order = isFortran ? 'True' : 'False'
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${sizes}), }`
  return Buffer.concat([npyStart(text, version), data])
}

export function npyStart(text: string, version = 1): Buffer {
  const prefix = version === 1 ? 10 : 12
  const encoded = Buffer.from(text, version === 3 ? 'utf8' : 'latin1')
  const total = Math.ceil((prefix + encoded.length + 1) / 64) * 64
  const start = Buffer.alloc(total, ' ')
  start.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0])
  if (version === 1) start.writeUInt16LE(total - prefix, 8)
  else start.writeUInt32LE(total - prefix, 8)
  start.set(encoded, prefix)
  start[total - 1] = 0x0a
  return start
}

function itemBytesOf(descr: string): number {
  const [, kind, width] = /^[<>|=]?([a-zA-Z?])(\d*)$/.exec(descr)!
  return kind === '?' ? 1 : Number(width) * (kind === 'U' ? 4 : 1)
}

function writeItem(target: Buffer, descr: string, item: Item): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength)
  const isLittle = !descr.startsWith('>')
  const code = descr.replace(/^[<>|=]/, '')
  if (item instanceof Uint8Array) target.set(item)
  else if (code.startsWith('U')) writeCodePoints(view, item as string, isLittle)
  else if (code.startsWith('S')) target.write(item as string)
  else writeNumber(view, code, item as number | bigint | boolean, isLittle)
}

function writeCodePoints(view: DataView, text: string, isLittle: boolean): void {
  let position = 0
  for (const character of text) {
    view.setUint32(position, character.codePointAt(0)!, isLittle)
    position += 4
  }
}

function writeNumber(
  view: DataView,
  code: string,
  item: number | bigint | boolean,
  isLittle: boolean,
): void {
  const number = Number(item)
  if (code === 'b1' || code === '?' || code === 'u1') view.setUint8(0, number)
  else if (code === 'i1') view.setInt8(0, number)
  else if (code === 'i2') view.setInt16(0, number, isLittle)
  else if (code === 'u2' || code === 'f2') view.setUint16(0, number, isLittle)
  else if (code === 'i4') view.setInt32(0, number, isLittle)
  else if (code === 'u4') view.setUint32(0, number, isLittle)
  else if (code === 'i8') view.setBigInt64(0, BigInt(item), isLittle)
  else if (code === 'u8') view.setBigUint64(0, BigInt(item), isLittle)
  else if (code === 'f4') view.setFloat32(0, number, isLittle)
  else if (code === 'f8') view.setFloat64(0, number, isLittle)
}

let nextFieldId = 100

export function field(name: string, dataType: DataType, more: Partial<Field> = {}): Field {
  return { ...plainField(nextFieldId++, name, dataType), ...more }
}

export const npy = formatOf('any.npy')!

export function outline(
  files: Record<string, Uint8Array>,
  fields: readonly Field[],
  reserved: readonly Field[] = [],
) {
  return npy.outline(sourcesOf(files), fields, reserved, defaultReadOptions)
}

export async function failureOf(work: Promise<unknown>): Promise<MillraceError> {
  const error = await work.then(
    () => {
      throw new Error('nothing failed')
    },
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof MillraceError)) throw error
  return error
}

/** The rows of a range, each column as a list of its rows' values, by the field's name. */
export async function rowsOf(
  files: Record<string, Uint8Array>,
  fields: readonly Field[],
  range?: { readonly rowBegin: number; readonly rowEnd: number },
): Promise<Record<string, unknown[]>> {
  const sources = sourcesOf(files)
  const { rowCount } = await npy.outline(sources, fields, [], defaultReadOptions)
  const reader = await openRows(sources, fields, range?.rowBegin ?? 0, range?.rowEnd ?? rowCount!)
  const rows = Object.fromEntries(fields.map(({ name }) => [name, [] as unknown[]]))
  for (let batch = await reader.next(); batch; batch = await reader.next()) {
    for (const { name, fieldId } of fields) rows[name].push(...valuesIn(batch, fieldId))
  }
  reader.close()
  return rows
}

export function openRows(
  sources: readonly ByteSource[],
  fields: readonly Field[],
  begin: number,
  end: number,
  more: Partial<ReadRequest> = {},
): Promise<BatchReader> {
  const part = { begin, end, rowCount: end - begin, bytes: 0 }
  const options = defaultReadOptions
  return npy.open({
    sources,
    fields,
    reserved: [],
    options,
    part,
    from: null,
    onReject: null,
    ...more,
  })
}

function sourcesOf(files: Record<string, Uint8Array>): ByteSource[] {
  return Object.entries(files).map(([name, bytes]) => memorySource(name, bytes))
}

function valuesIn({ columns, rowCount }: ColumnBatch, fieldId: number): unknown[] {
  const column = columns.get(fieldId)!
  return Array.from({ length: rowCount }, (_, row) => valueAt(column, row))
}

function valueAt(column: Column, row: number): unknown {
  if (column.validity && ((column.validity[row >> 3] >> (row & 7)) & 1) === 0) return null
  if (column.shape === 'fixed') {
    const values = [...column.values.subarray(row * column.width, (row + 1) * column.width)]
    return column.width === 1 ? values[0] : values
  }
  const [begin, end] = column.offsets.subarray(row, row + 2)
  if (column.shape === 'bytes') return Buffer.from(column.bytes.subarray(begin, end)).toString()
  return Array.from({ length: end - begin }, (_, index) => valueAt(column.child, begin + index))
}
