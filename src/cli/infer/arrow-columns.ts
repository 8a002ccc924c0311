import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, ColumnBatch } from '../../column/column.js'
import { readArrowFile } from '../../formats/arrow/arrow-ipc-file.js'
import type { ArrowMember, ArrowType } from '../../formats/arrow/arrow-type.js'
import { defaultReadOptions } from '../../formats/format.js'
import { readParquetFile } from '../../formats/parquet/parquet-file.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import type { ByteSource } from '../../source/byte-source.js'
import { dimOf } from './dim-of.js'
import { firstBatch, lookField } from './first-batch.js'
import { jsonOfText } from './sample-value.js'
import type { SeenColumn } from './seen-column.js'
import { columnFromValues } from './values-column.js'

/** The columns of a Parquet file. */
export async function parquetColumns(sources: readonly ByteSource[]): Promise<SeenColumn[]> {
  const { columns } = await readParquetFile(sources[0])
  return columnsByTypes(columns, sources)
}

/** The columns of an Arrow or Feather file. */
export async function arrowColumns(sources: readonly ByteSource[]): Promise<SeenColumn[]> {
  const { fields } = await readArrowFile(sources[0])
  return columnsByTypes(fields, sources)
}

/** By the file's schema; what it does not tell, such as dims, by the first rows. */
export async function columnsByTypes(
  members: readonly ArrowMember[],
  sources: readonly ByteSource[],
): Promise<SeenColumn[]> {
  const fields = members.map(({ name, type }, index) => lookFieldOf(index, name, type))
  const batch = await firstBatch(sources, fields, defaultReadOptions)
  return members.map(({ type }, index) => columnSeen(fields[index], type, batch))
}

/** Read as lists, vectors tell their lengths. */
function lookFieldOf(fieldId: number, name: string, type: ArrowType): Field {
  if (type.kind === 'list') {
    const elementType = scalarTypeOf(type.item)
    if (elementType === null) return lookField(fieldId, name, DataType.JSON)
    return lookField(fieldId, name, DataType.Array, { elementType })
  }
  if (type.kind === 'struct') {
    const names = type.members.map((member) => member.name).sort()
    const isSparse = names.join() === 'indices,values'
    return lookField(fieldId, name, isSparse ? DataType.SparseFloatVector : DataType.JSON)
  }
  return lookField(fieldId, name, scalarTypeOf(type) ?? DataType.JSON)
}

function scalarTypeOf(type: ArrowType): DataType | null {
  switch (type.kind) {
    case 'bool':
      return DataType.Bool
    case 'int':
      return integerTypes[type.isSigned ? type.bits : Math.min(64, type.bits * 2)]
    case 'float':
      return type.bits === 64 ? DataType.Double : DataType.Float
    case 'decimal':
      return DataType.Double
    case 'date':
    case 'timestamp':
      return DataType.Timestamptz
    case 'text':
    case 'null':
      return DataType.VarChar
    default:
      return null
  }
}

const integerTypes: Readonly<Record<number, DataType>> = {
  8: DataType.Int8,
  16: DataType.Int16,
  32: DataType.Int32,
  64: DataType.Int64,
}

function columnSeen(field: Field, type: ArrowType, batch: ColumnBatch | null): SeenColumn {
  const { name, dataType, elementType } = field
  const column = batch?.columns.get(field.fieldId)
  if (!column || !batch) return { name, dataType, elementType, hasNulls: false }
  const hasNulls = hasNull(column, batch.rowCount)
  if (column.shape === 'list') {
    const vector = type.kind === 'list' ? vectorSeen(type.item, lengthsOf(column, batch)) : null
    if (vector) return { name, hasNulls, ...vector }
    const elementsMax = Math.max(0, ...lengthsOf(column, batch))
    const bytesMax = column.child.shape === 'bytes' ? longestOf(column.child) : 0
    return { name, dataType, elementType, elementsMax, bytesMax, hasNulls }
  }
  if (dataType !== DataType.VarChar || column.shape !== 'bytes') return { name, dataType, hasNulls }
  return textSeen(name, column, batch.rowCount, hasNulls)
}

/** Lists of numbers that all have one length. */
function vectorSeen(
  item: ArrowType,
  lengths: readonly number[],
): Pick<SeenColumn, 'dataType' | 'dim'> | null {
  const dim = dimOf(lengths)
  if (dim === null) return null
  if (item.kind === 'float') return { dataType: DataType.FloatVector, dim }
  if (item.kind !== 'int' || item.bits !== 8) return null
  return item.isSigned
    ? { dataType: DataType.Int8Vector, dim }
    : { dataType: DataType.BinaryVector, dim: dim * 8 }
}

/** Writers without nested types have JSON as text. */
function textSeen(
  name: string,
  column: BytesColumn,
  rowCount: number,
  hasNulls: boolean,
): SeenColumn {
  const values = textsOf(column, rowCount).map(jsonOfText)
  const isJson = values.length > 0 && values.every((value) => value !== null)
  if (isJson) return { ...columnFromValues(name, values, values.length), hasNulls }
  return { name, dataType: DataType.VarChar, bytesMax: longestOf(column), hasNulls }
}

function textsOf({ offsets, bytes, validity }: BytesColumn, rowCount: number): string[] {
  const texts: string[] = []
  const decoder = new TextDecoder()
  for (let row = 0; row < Math.min(rowCount, 1000); row++) {
    if (validity && !hasBit(validity, row)) continue
    texts.push(decoder.decode(bytes.subarray(offsets[row], offsets[row + 1])))
  }
  return texts
}

function hasNull({ validity }: Column, rowCount: number): boolean {
  if (validity === null) return false
  for (let row = 0; row < rowCount; row++) if (!hasBit(validity, row)) return true
  return false
}

function lengthsOf(
  { offsets, validity }: Extract<Column, { shape: 'list' }>,
  { rowCount }: ColumnBatch,
): number[] {
  const lengths: number[] = []
  for (let row = 0; row < rowCount; row++) {
    if (validity === null || hasBit(validity, row)) lengths.push(offsets[row + 1] - offsets[row])
  }
  return lengths
}

function longestOf({ offsets }: BytesColumn): number {
  let longest = 0
  for (let row = 0; row + 1 < offsets.length; row++) {
    longest = Math.max(longest, offsets[row + 1] - offsets[row])
  }
  return longest
}
