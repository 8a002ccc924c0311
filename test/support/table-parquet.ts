import { gzipSync } from 'node:zlib'
import type { Table } from './random-table.js'
import { columnsOf, type FileColumn, type Item } from './table-columns.js'
import { type ThriftField, type ThriftValue, thriftBytes, varint } from './thrift-writer.js'

export interface ParquetLayout {
  readonly rowsPerGroup: number
  readonly rowsPerPage: number
  readonly isGzip: boolean
}

interface Chunk {
  readonly column: FileColumn
  readonly valueCount: number
  readonly bytes: Uint8Array
  readonly plainBytes: number
}

/** Plain pages of version 1: `PAR1 ┼ pages of each column of each row group ┼ footer ┼ its length ┼ PAR1`. */
export function parquetBytes(table: Table, layout: ParquetLayout): Uint8Array {
  const columns = columnsOf(table)
  const parts: Uint8Array[] = [Buffer.from('PAR1')]
  let position = 4
  const groups: ThriftValue[] = []
  for (let begin = 0; begin < table.rows.length; begin += layout.rowsPerGroup) {
    const rowCount = Math.min(layout.rowsPerGroup, table.rows.length - begin)
    const chunks = columns.map((column) => chunkOf(rowsIn(column, begin, rowCount), layout))
    const told = chunks.map((chunk) => {
      const offset = position
      parts.push(chunk.bytes)
      position += chunk.bytes.length
      return chunkMetadata(chunk, offset, layout)
    })
    groups.push(struct([1, { list: told }], [2, { i64: 0 }], [3, { i64: rowCount }]))
  }
  const footer = thriftBytes([
    [1, { i32: 1 }],
    [2, { list: schemaOf(columns) }],
    [3, { i64: table.rows.length }],
    [4, { list: groups }],
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  return Buffer.concat([...parts, footer, length, Buffer.from('PAR1')])
}

function struct(...fields: ThriftField[]): ThriftValue {
  return { struct: fields }
}

/** Type, and converted type where the type alone does not tell. */
const types: { readonly [Kind in FileColumn['kind']]: readonly [number, number?] } = {
  bool: [0],
  int8: [1, 15],
  int16: [1, 16],
  int32: [1],
  int64: [2],
  uint8: [1, 11],
  float32: [4],
  float64: [5],
  text: [6, 0],
}
const required = 0
const optional = 1
const repeated = 2
const listType = 3

function schemaOf(columns: readonly FileColumn[]): ThriftValue[] {
  const root = struct([4, { text: 'schema' }], [5, { i32: columns.length }])
  return [root, ...columns.flatMap(elementsOf)]
}

function elementsOf({ name, kind, isList }: FileColumn): ThriftValue[] {
  if (!isList) return [leafElement(name, kind, optional)]
  const list = group(name, optional, [6, { i32: listType }])
  return [list, group('list', repeated), leafElement('element', kind, required)]
}

function group(name: string, repetition: number, ...more: ThriftField[]): ThriftValue {
  return struct([3, { i32: repetition }], [4, { text: name }], [5, { i32: 1 }], ...more)
}

function leafElement(name: string, kind: FileColumn['kind'], repetition: number): ThriftValue {
  const [type, converted] = types[kind]
  const more: ThriftField[] = converted === undefined ? [] : [[6, { i32: converted }]]
  return struct([1, { i32: type }], [3, { i32: repetition }], [4, { text: name }], ...more)
}

function chunkMetadata(chunk: Chunk, offset: number, { isGzip }: ParquetLayout): ThriftValue {
  const { name, kind, isList } = chunk.column
  const path = isList ? [name, 'list', 'element'] : [name]
  const metadata = struct(
    [1, { i32: types[kind][0] }],
    [2, { list: [{ i32: 0 }, { i32: 3 }] }],
    [3, { list: path.map((text) => ({ text })) }],
    [4, { i32: isGzip ? 2 : 0 }],
    [5, { i64: chunk.valueCount }],
    [6, { i64: chunk.plainBytes }],
    [7, { i64: chunk.bytes.length }],
    [9, { i64: offset }],
  )
  return struct([2, { i64: offset }], [3, metadata])
}

function rowsIn(column: FileColumn, begin: number, rowCount: number): FileColumn {
  return { ...column, values: column.values.slice(begin, begin + rowCount) }
}

function chunkOf(column: FileColumn, layout: ParquetLayout): Chunk {
  const pages = []
  for (let begin = 0; begin < column.values.length; begin += layout.rowsPerPage) {
    pages.push(pageOf(rowsIn(column, begin, layout.rowsPerPage), layout.isGzip))
  }
  return {
    column,
    valueCount: pages.reduce((sum, page) => sum + page.valueCount, 0),
    bytes: Buffer.concat(pages.map(({ bytes }) => bytes)),
    plainBytes: pages.reduce((sum, page) => sum + page.plainBytes, 0),
  }
}

function pageOf(column: FileColumn, isGzip: boolean) {
  const { repetitions, definitions, items } = levelsOf(column)
  const levels = column.isList
    ? [levelBytes(repetitions, 1), levelBytes(definitions, 2)]
    : [levelBytes(definitions, 1)]
  const plain = Buffer.concat([...levels, plainItems(column.kind, items)])
  const body = isGzip ? gzipSync(plain) : plain
  const valueCount = definitions.length
  const dataPage = struct(
    [1, { i32: valueCount }],
    [2, { i32: 0 }],
    [3, { i32: 3 }],
    [4, { i32: 3 }],
  )
  const header = thriftBytes([
    [1, { i32: 0 }],
    [2, { i32: plain.length }],
    [3, { i32: body.length }],
    [5, dataPage],
  ])
  return {
    valueCount,
    bytes: Buffer.concat([header, body]),
    plainBytes: plain.length + header.length,
  }
}

/** Of a list: 0 where it is null, 1 where it is empty, 2 for each element. */
function levelsOf({ values, isList }: FileColumn) {
  const repetitions: number[] = []
  const definitions: number[] = []
  const items: Item[] = []
  for (const value of values) {
    const list = isList
      ? (value as readonly Item[] | null)
      : value === null
        ? null
        : [value as Item]
    if (list === null || list.length === 0) {
      repetitions.push(0)
      definitions.push(list === null ? 0 : 1)
      continue
    }
    list.forEach((item, index) => {
      repetitions.push(index === 0 ? 0 : 1)
      definitions.push(isList ? 2 : 1)
      items.push(item)
    })
  }
  return { repetitions, definitions, items }
}

/** Runs of the same level, with their length before them; levels of up to eight bits take a byte. */
function levelBytes(levels: readonly number[], bits: number): Uint8Array {
  const bytes: number[] = []
  for (let begin = 0; begin < levels.length; ) {
    let end = begin + 1
    while (levels[end] === levels[begin]) end++
    bytes.push(...varint((end - begin) * 2), levels[begin] & ((1 << bits) - 1))
    begin = end
  }
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([length, Uint8Array.from(bytes)])
}

function plainItems(kind: FileColumn['kind'], items: readonly Item[]): Uint8Array {
  switch (kind) {
    case 'bool':
      return bitsOf(items)
    case 'int64':
      return bytesOf(BigInt64Array.from(items as bigint[]))
    case 'float32':
      return bytesOf(Float32Array.from(items as number[]))
    case 'float64':
      return bytesOf(Float64Array.from(items as number[]))
    case 'text':
      return Buffer.concat(items.map((item) => prefixed(Buffer.from(String(item)))))
    default:
      return bytesOf(Int32Array.from(items as number[]))
  }
}

function bitsOf(items: readonly Item[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(items.length / 8))
  items.forEach((item, index) => {
    if (item) bytes[index >> 3] |= 1 << (index & 7)
  })
  return bytes
}

function bytesOf({ buffer, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, 0, byteLength)
}

function prefixed(text: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, text])
}
