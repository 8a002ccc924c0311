import {
  DataType,
  dataTypeName,
  isDenseVectorType,
  isFloatingType,
  isIntegerType,
  isVectorType,
} from './data-type.js'
import type { Field } from './field.js'
import { invalidParameter } from './invalid-parameter.js'
import { arrayCapacityMax, binaryDimMax, dimMax, dimMin, varCharBytesMax } from './limits.js'

/** Checks one field's own rules: dimension, lengths, element type, default. @throws parameterInvalid */
export function validateField(field: Field, collectionName: string): void {
  if (field.dataType === DataType.String) {
    throw invalidParameter(
      `string data type not supported yet, please use VarChar type instead, field name = ${field.name}`,
    )
  }
  if (field.dataType === DataType.ArrayOfVector) {
    throw invalidParameter(
      `array of vector can only be in the struct array field, field name: ${field.name}`,
    )
  }
  if (isVectorType(field.dataType)) validateDim(field)
  if (field.dataType === DataType.VarChar) validateMaxLength(field, collectionName)
  if (field.dataType === DataType.Array) validateArray(field, collectionName)
  if (field.defaultValue !== null) validateDefault(field)
}

/** @throws parameterInvalid */
export function validateDim(field: Field): void {
  const { name, dim, dataType, typeParams } = field
  if (!isDenseVectorType(dataType)) {
    if (dim === 0) return
    // Milvus: the number is that of the field, which has none yet.
    throw invalidParameter(`dim should not be specified for sparse vector field ${name}(0)`)
  }
  if (dim === 0 && typeParams.dim === undefined) {
    throw invalidParameter(
      `dimension is not defined in field type params of field ${name}, check type param 'dim' for vector field`,
    )
  }
  if (dim < dimMin) {
    throw invalidParameter(
      `invalid dimension: ${dim} of field ${name}. should be in range ${dimMin} ~ ${dimMax}`,
    )
  }
  if (dataType === DataType.BinaryVector) validateBinaryDim(name, dim)
  else validateRange(field, 'float vector', dimMin, dimMax)
}

function validateBinaryDim(name: string, dim: number): void {
  if (dim % 8 !== 0) {
    throw invalidParameter(
      `invalid dimension: ${dim} of field ${name}. binary vector dimension should be multiple of 8`,
    )
  }
  if (dim < 8 || dim > binaryDimMax) {
    throw invalidParameter(
      `invalid dimension: ${dim} of field ${name}. binary vector dimension should be in range 8 ~ ${binaryDimMax}`,
    )
  }
}

function validateRange({ name, dim }: Field, noun: string, min: number, max: number): void {
  if (dim >= min && dim <= max) return
  throw invalidParameter(
    `invalid dimension: ${dim} of field ${name}. ${noun} dimension should be in range ${min} ~ ${max}`,
  )
}

function validateMaxLength({ name, maxLength, typeParams }: Field, collectionName: string): void {
  if (maxLength === 0 && typeParams.max_length === undefined) {
    throw invalidParameter(
      `type param(max_length) should be specified for the field(${name}) of collection ${collectionName}`,
    )
  }
  if (maxLength < 1 || maxLength > varCharBytesMax) {
    throw invalidParameter(
      `the maximum length specified for the field(${name}) should be in (0, ${varCharBytesMax}], but got ${maxLength} instead`,
    )
  }
}

/** @throws parameterInvalid */
export function validateArray(field: Field, collectionName: string): void {
  const { name, elementType } = field
  if (elementType === DataType.None) {
    throw invalidParameter(`element data type None is not valid, field name = ${name}`)
  }
  if (!isElementType(elementType)) {
    throw invalidParameter(
      `element type ${dataTypeName(elementType)} is not supported, field name = ${name}`,
    )
  }
  validateCapacity(field, collectionName)
  if (elementType === DataType.VarChar) validateMaxLength(field, collectionName)
}

/** @throws parameterInvalid */
export function validateCapacity(field: Field, collectionName: string): void {
  const { name, maxCapacity, typeParams } = field
  if (maxCapacity === 0 && typeParams.max_capacity === undefined) {
    throw invalidParameter(
      `type param(max_capacity) should be specified for array field ${name} of collection ${collectionName}`,
    )
  }
  if (maxCapacity < 1 || maxCapacity > arrayCapacityMax) {
    throw invalidParameter(
      `the maximum capacity specified for a Array should be in (0, ${arrayCapacityMax}], but got ${maxCapacity} instead: field ${name}`,
    )
  }
}

function isElementType(dataType: DataType): boolean {
  return (
    dataType === DataType.Bool ||
    dataType === DataType.VarChar ||
    dataType === DataType.Timestamptz ||
    isIntegerType(dataType) ||
    isFloatingType(dataType)
  )
}

function validateDefault({ name, dataType, defaultValue, maxLength }: Field): void {
  if (isVectorType(dataType) || dataType === DataType.JSON || dataType === DataType.Array) {
    throw invalidParameter(
      `type not support default_value, type:${dataTypeName(dataType)}, name:${name}`,
    )
  }
  if (typeof defaultValue === 'string' && dataType === DataType.VarChar) {
    const byteLength = Buffer.byteLength(defaultValue)
    if (byteLength <= maxLength) return
    throw invalidParameter(
      `the length (${byteLength}) of string exceeds max length (${maxLength}), default_value of field ${name}`,
    )
  }
  const bits = dataType === DataType.Int8 ? 8 : dataType === DataType.Int16 ? 16 : 0
  const limit = 2 ** (bits - 1)
  if (bits > 0 && (Number(defaultValue) < -limit || Number(defaultValue) >= limit)) {
    throw invalidParameter(
      `default_value ${defaultValue} of field ${name} is out of range [${-limit}, ${limit - 1}]`,
    )
  }
}
