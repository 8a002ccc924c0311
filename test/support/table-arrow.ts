import {
  Field as ArrowField,
  Table as ArrowTable,
  type DataType as ArrowType,
  Bool,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Schema,
  tableToIPC,
  Uint8,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import type { Table } from './random-table.js'
import { columnsOf, type FileColumn } from './table-columns.js'

const types: { readonly [Kind in FileColumn['kind']]: () => ArrowType } = {
  bool: () => new Bool(),
  int8: () => new Int8(),
  int16: () => new Int16(),
  int32: () => new Int32(),
  int64: () => new Int64(),
  uint8: () => new Uint8(),
  float32: () => new Float32(),
  float64: () => new Float64(),
  text: () => new Utf8(),
}

export function arrowBytes(table: Table, format: 'file' | 'stream'): Uint8Array {
  const columns = columnsOf(table)
  const schema = new Schema(
    columns.map((column) => new ArrowField(column.name, typeOf(column), true)),
  )
  const vectors = columns.map((column) => [
    column.name,
    vectorFromArray(column.values, typeOf(column)),
  ])
  return tableToIPC(new ArrowTable(schema, Object.fromEntries(vectors)), format)
}

function typeOf({ kind, isList }: FileColumn): ArrowType {
  const item = types[kind]()
  return isList ? new List(new ArrowField('item', item, true)) : item
}
