import type { ErrorPlace, MillraceError } from '../../errors.js'
import { DataType, dataTypeName, isDenseVectorType, isVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { importError } from '../import-error.js'
import { npyCodesOf, npyConversionOf } from './npy-conversion.js'
import { npyDataName, npyTypeName } from './npy-dtype.js'
import type { NpyHeader } from './npy-header.js'

/** One row is read at once: 64 MiB is far above what any field may hold. */
const rowBytesMax = 64 * 1024 ** 2

/**
 * Checks a file's dtype and shape against its field, and its length against its header. Milvus's words
 * come last in each message.
 * @throws importFailed
 */
export function validateNpyFile(
  file: string,
  field: Field,
  header: NpyHeader,
  fileBytes: number,
): void {
  const place = { file, field: field.name }
  validateDtype(place, field, header)
  validateShape(place, field, header)
  validateLength(place, field, header, fileBytes)
}

/** The type of a row's values: an array's are its elements. */
export function valueTypeOf(field: Field): DataType {
  return field.dataType === DataType.Array ? field.elementType : field.dataType
}

/**
 * A file that ends too early, found by its length or while reading.
 * @param got how many bytes of items there are
 */
export function unexpectedEnd(
  place: ErrorPlace,
  field: Field,
  header: NpyHeader,
  got: string,
): MillraceError {
  const { code, itemBytes } = header.dtype
  const itemCount = header.dataBytes / itemBytes
  const expected = `expected ${header.dataBytes} bytes of items, got ${got}`
  return importError(
    place,
    `${expected}: failed to read ${arrayName(field)} array: failed to read ${npyDataName(code)} data with count ${itemCount}, error: unexpected EOF`,
  )
}

function validateDtype(place: ErrorPlace, field: Field, { dtype }: NpyHeader): void {
  const codes = npyCodesOf(valueTypeOf(field))
  const typeName = fieldTypeName(field)
  if (codes.length === 0) {
    throw importError(
      place,
      `expected no .npy file for a field of type ${typeName}, got one: unsupported importing numpy files for collection with data type: ${typeName}`,
    )
  }
  if (npyConversionOf(valueTypeOf(field), dtype.code)) return
  const isVector = isVectorType(field.dataType)
  const withType = isVector ? '' : ` with type ${typeName}`
  throw importError(
    place,
    `expected a file of ${codes.join(' or ')} for type ${typeName}, got '${dtype.descr}': expected element type '${npyTypeName(codes[0])}' for field '${field.name}', got type '${npyTypeName(dtype.code)}': illegal data type ${npyTypeName(dtype.code)} of numpy file for ${fieldKind(field)} field '${field.name}'${withType}`,
  )
}

function validateShape(place: ErrorPlace, field: Field, header: NpyHeader): void {
  const { shape } = header
  const isDense = isDenseVectorType(field.dataType)
  const dimensions = isDense || field.dataType === DataType.Array ? 2 : 1
  const of = `of numpy file for ${fieldKind(field)} field '${field.name}'`
  if (shape.length !== dimensions) {
    const text = `[${shape.join(' ')}]`
    throw importError(
      place,
      `expected ${dimensions} dimension${dimensions > 1 ? 's' : ''}, got ${shape.length}: expected shape '${dimensions}' for ${fieldTypeName(field)} field '${field.name}', got shape '${shape.length}': illegal shape ${text} ${of}, shape should be ${dimensions}`,
    )
  }
  if (isDense) validateDim(place, field, header, of)
  validateRowBytes(place, header)
}

function validateDim(place: ErrorPlace, field: Field, { shape, dtype }: NpyHeader, of: string) {
  const itemsPerComponent = itemsOfComponent(field.dataType, dtype.code === 'u1')
  const expected = field.dim * itemsPerComponent
  if (shape[1] === expected) return
  const dim = shape[1] / itemsPerComponent
  throw importError(
    place,
    `expected ${expected} items a row, got ${shape[1]}: expected dim '${field.dim}' for ${fieldTypeName(field)} field '${field.name}', got dim '${dim}': illegal dimension ${dim} ${of}, dimension should be ${field.dim}`,
  )
}

function itemsOfComponent(dataType: DataType, isBytes: boolean): number {
  if (dataType === DataType.BinaryVector) return 1 / 8
  const isHalf = dataType === DataType.Float16Vector || dataType === DataType.BFloat16Vector
  return isHalf && isBytes ? 2 : 1
}

/** Rows without bytes are refused too: a lying header could have any number of them. */
function validateRowBytes(place: ErrorPlace, { shape, dtype }: NpyHeader): void {
  const rowBytes = (shape[1] ?? 1) * dtype.itemBytes
  if (rowBytes > 0 && rowBytes <= rowBytesMax) return
  throw importError(
    place,
    `expected rows of 1 to ${rowBytesMax} bytes, got ${rowBytes}: illegal shape [${shape.join(' ')}] of '${dtype.descr}'`,
  )
}

function validateLength(
  place: ErrorPlace,
  field: Field,
  header: NpyHeader,
  fileBytes: number,
): void {
  const dataBytes = fileBytes - header.dataOffset
  if (dataBytes < header.dataBytes) throw unexpectedEnd(place, field, header, String(dataBytes))
  if (dataBytes === header.dataBytes) return
  throw importError(
    place,
    `expected ${header.dataBytes} bytes of items, got ${dataBytes}: the file is overlong: its header says shape [${header.shape.join(' ')}] of '${header.dtype.descr}'`,
  )
}

/** Milvus's name of a field's kind: `float vector`, `scalar`. */
function fieldKind(field: Field): string {
  switch (field.dataType) {
    case DataType.BinaryVector:
      return 'binary vector'
    case DataType.FloatVector:
      return 'float vector'
    case DataType.Float16Vector:
      return 'float16 vector'
    case DataType.BFloat16Vector:
      return 'bfloat16 vector'
    case DataType.Int8Vector:
      return 'int8 vector'
    case DataType.SparseFloatVector:
      return 'sparse float vector'
    default:
      return 'scalar'
  }
}

function arrayName(field: Field): string {
  return isVectorType(field.dataType) ? fieldKind(field) : fieldTypeName(field).toLowerCase()
}

function fieldTypeName(field: Field): string {
  if (field.dataType !== DataType.Array) return dataTypeName(field.dataType)
  return `Array of ${dataTypeName(field.elementType)}`
}
