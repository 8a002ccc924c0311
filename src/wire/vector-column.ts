/** schema.VectorField ↔ columns of vectors, without nulls. */
import type { BytesColumn, Column, FixedColumn, FixedValues } from '../column/column.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { bytesColumnFromRows, rowsFromColumn } from './bytes-column.js'
import type { MessageInput } from './codec.js'
import type { VectorField } from './generated/messages.js'

/** null where the message has no vectors of the field's type. @throws parameterInvalid */
export function columnFromVectors(field: Field, vectors: VectorField): Column | null {
  if (field.dataType === DataType.SparseFloatVector) {
    return vectors.sparse_float_vector && sparseColumn(field, vectors.sparse_float_vector.contents)
  }
  const values = denseValues(field.dataType, vectors)
  if (values === null) return null
  const width = field.dataType === DataType.BinaryVector ? field.dim / 8 : field.dim
  validateDim(field, Number(vectors.dim), values.length, width)
  return { shape: 'fixed', values, width, validity: null }
}

export function vectorsFromColumn(
  field: Field,
  column: Column,
  rowCount: number,
): MessageInput<'VectorField'> {
  if (column.shape === 'bytes') return sparseVectors(column, rowCount)
  const { values, width } = column as FixedColumn
  const dim = BigInt(field.dim)
  const used = values.subarray(0, rowCount * width)
  const bytes = new Uint8Array(used.buffer, used.byteOffset, used.byteLength)
  switch (field.dataType) {
    case DataType.FloatVector:
      return { dim, float_vector: { data: used as Float32Array } }
    case DataType.BinaryVector:
      return { dim, binary_vector: bytes }
    case DataType.Float16Vector:
      return { dim, float16_vector: bytes }
    case DataType.BFloat16Vector:
      return { dim, bfloat16_vector: bytes }
    default:
      return { dim, int8_vector: bytes }
  }
}

function denseValues(dataType: DataType, vectors: VectorField): FixedValues | null {
  switch (dataType) {
    case DataType.FloatVector:
      return vectors.float_vector?.data ?? null
    case DataType.BinaryVector:
      return vectors.binary_vector && view(Uint8Array, vectors.binary_vector)
    case DataType.Float16Vector:
      return vectors.float16_vector && halves(vectors.float16_vector)
    case DataType.BFloat16Vector:
      return vectors.bfloat16_vector && halves(vectors.bfloat16_vector)
    default:
      return vectors.int8_vector && view(Int8Array, vectors.int8_vector)
  }
}

function view<Values>(
  valuesType: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => Values,
  { buffer, byteOffset, byteLength }: Uint8Array,
): Values {
  return new valuesType(buffer, byteOffset, byteLength)
}

/** A copy, since the bytes may lie at an odd place. A last odd byte counts as a value too many. */
function halves(bytes: Uint8Array): Uint16Array {
  const values = new Uint16Array(Math.ceil(bytes.length / 2))
  new Uint8Array(values.buffer).set(bytes)
  return values
}

function validateDim(field: Field, dim: number, valueCount: number, width: number): void {
  const { name } = field
  if (valueCount > 0 && dim !== field.dim) {
    throw invalidParameter(
      `the dim (${dim}) of field data(${name}) is not equal to schema dim (${field.dim})`,
      { field: name },
    )
  }
  if (valueCount % width !== 0) {
    throw invalidParameter(
      `field (${name}): the length(${valueCount}) of vector data should divide the dim(${field.dim})`,
      { field: name },
    )
  }
}

/** Rows of (u32 index, f32 value), little endian, by rising index. */
function sparseColumn({ name }: Field, rows: readonly Uint8Array[]): BytesColumn {
  rows.forEach((bytes, row) => {
    const fault = sparseFault(bytes)
    if (fault) throw invalidParameter(`field (${name}), row ${row}: ${fault}`, { field: name, row })
  })
  return bytesColumnFromRows(rows)
}

/** Milvus: the last number that fits 32 bits is no index. */
const sparseIndexMax = 2 ** 32 - 2

/** What is wrong with a row of pairs, in Milvus's words. */
export function sparseFault(bytes: Uint8Array): string | null {
  if (bytes.length % 8 !== 0) return `invalid data length in sparse float vector: ${bytes.length}`
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let last = -1
  for (let offset = 0; offset < bytes.length; offset += 8) {
    const index = view.getUint32(offset, true)
    if (index > sparseIndexMax) {
      return 'invalid index in sparse float vector: must be less than 2^32-1'
    }
    if (index <= last) return 'unsorted or same indices in sparse float vector'
    last = index
    const value = view.getFloat32(offset + 4, true)
    if (!Number.isFinite(value)) return `value '${value}' is not a number or infinity`
    if (value < 0) return 'negative value in sparse float vector'
  }
  return null
}

function sparseVectors(column: BytesColumn, rowCount: number): MessageInput<'VectorField'> {
  const contents = rowsFromColumn(column, rowCount)
  const dim = BigInt(contents.reduce((most, row) => Math.max(most, sparseDim(row)), 0))
  return { dim, sparse_float_vector: { contents, dim } }
}

function sparseDim(row: Uint8Array): number {
  if (row.length === 0) return 0
  return new DataView(row.buffer, row.byteOffset).getUint32(row.length - 8, true) + 1
}
