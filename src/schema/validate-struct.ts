import { DataType, dataTypeName, isDenseVectorType, isVectorType } from './data-type.js'
import type { Field } from './field.js'
import { invalidParameter } from './invalid-parameter.js'
import { elementFieldOf, shortNameOf, type UserField } from './struct-array.js'
import { validateArray, validateCapacity, validateDim } from './validate-field.js'
import { validateName } from './validate-name.js'

/** Checks a struct array and its sub-fields as Milvus's proxy does. @throws parameterInvalid */
export function validateStruct(struct: UserField, collectionName: string): void {
  const seen = new Set<string>()
  for (const field of struct.fields) {
    const name = shortNameOf(field)
    validateName('field', name)
    if (seen.has(name)) throw invalidParameter(`duplicated field name: ${name}`)
    seen.add(name)
    refuseRoles(field, name)
    validateSubField({ ...field, name }, collectionName)
    if (field.nullable === struct.struct!.nullable) continue
    throw invalidParameter(
      `sub-field in non-nullable struct cannot be nullable individually, set nullable on the struct instead: structName=${struct.name}, subFieldName=${name}`,
    )
  }
  validateCapacities(struct)
}

function refuseRoles(field: Field, name: string): void {
  const role = field.isPrimaryKey
    ? 'primary key'
    : field.isPartitionKey
      ? 'partition key'
      : field.isClusteringKey
        ? 'clustering key'
        : null
  if (role) {
    throw invalidParameter(`${role} is not supported for struct field, field name = ${name}`)
  }
  if (field.defaultValue !== null) {
    throw invalidParameter(
      `type not support default_value, type:${dataTypeName(field.dataType)}, name:${name}`,
    )
  }
}

function validateSubField(field: Field, collectionName: string): void {
  const { name, dataType, elementType } = field
  if (dataType === DataType.Array) {
    validateArray(field, collectionName)
    return
  }
  if (dataType !== DataType.ArrayOfVector) {
    throw invalidParameter(
      `fields in StructArrayField can only be array or array of struct, but field ${name} is ${dataTypeName(dataType)}`,
    )
  }
  if (!isVectorType(elementType) || !isDenseVectorType(elementType)) {
    throw invalidParameter(
      `element type ${dataTypeName(elementType)} is not supported, field name = ${name}`,
    )
  }
  validateDim({ ...elementFieldOf(field), typeParams: field.typeParams })
  validateCapacity(field, collectionName)
}

function validateCapacities({ name, fields }: UserField): void {
  const [{ maxCapacity }] = fields
  const odd = fields.find((field) => field.maxCapacity !== maxCapacity)
  if (!odd) return
  throw invalidParameter(
    `all sub-fields in struct array field must have the same max_capacity: structName=${name}, subFieldName=${shortNameOf(odd)}, max_capacity=${odd.maxCapacity}, expected=${maxCapacity}`,
  )
}
