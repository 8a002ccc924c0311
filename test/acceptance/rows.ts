import type { NewField } from '../../dist/client/index.js'
import { DataType } from '../../dist/schema/data-type.js'

export const dim = 8

export const idField: NewField = { name: 'id', dataType: DataType.Int64, isPrimary: true }
export const vectorField: NewField = { name: 'vector', dataType: DataType.FloatVector, dim }

/** Finite, of few digits, and another one for each key. */
export function vectorOf(id: number, length = dim): number[] {
  return Array.from({ length }, (_, at) => ((id * 31 + at * 17) % 100_003) / 8)
}

export function bytesOf(id: number, length: number): number[] {
  return Array.from({ length }, (_, at) => (id * 7 + at * 3) % 256)
}

/** One row for each key from `begin` on. */
export function rowsOf<Row>(count: number, rowAt: (id: number) => Row, begin = 0): Row[] {
  return Array.from({ length: count }, (_, offset) => rowAt(begin + offset))
}

export function plainRow(id: number) {
  return { id, vector: vectorOf(id) }
}

/** Every scalar type, and arrays of some, beside a key and a vector. */
export const everyField: readonly NewField[] = [
  vectorField,
  { name: 'int64', dataType: DataType.Int64 },
  { name: 'float', dataType: DataType.Float },
  { name: 'double', dataType: DataType.Double },
  { name: 'text', dataType: DataType.VarChar, maxLength: 64 },
  { name: 'json', dataType: DataType.JSON },
  arrayField('ints', DataType.Int64),
  arrayField('floats', DataType.Float),
  { ...arrayField('texts', DataType.VarChar), maxLength: 32 },
  arrayField('bools', DataType.Bool),
]

function arrayField(name: string, elementType: DataType): NewField {
  return { name, dataType: DataType.Array, elementType, maxCapacity: 16 }
}

export function everyValue(id: number) {
  return {
    vector: vectorOf(id),
    int64: id * 2,
    float: id / 4,
    double: id / 8,
    text: `text ${id}`,
    json: { number: id, list: [id, id + 1] },
    ints: [id, id + 1],
    floats: [id / 2],
    texts: [`a${id}`, `b${id}`],
    bools: [id % 2 === 0, true],
  }
}
