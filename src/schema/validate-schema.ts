import type { CollectionSchema } from './collection-schema.js'
import { DataType, isVectorType } from './data-type.js'
import type { Field } from './field.js'
import { invalidParameter } from './invalid-parameter.js'
import { fieldsMax } from './limits.js'
import { userFieldsOf } from './struct-array.js'
import { validateField } from './validate-field.js'
import { validateName } from './validate-name.js'
import { validateStruct } from './validate-struct.js'

/**
 * Checks the schema of a new collection as Milvus's proxy does.
 * @throws parameterInvalid, in Milvus's words
 */
export function validateSchema(schema: CollectionSchema): void {
  validateName('collection', schema.name)
  const all = schema.fields.filter((field) => !field.isDynamic)
  const fields = all.filter((field) => !field.struct)
  const structs = userFieldsOf(all).filter(({ struct }) => struct)
  if (all.length > fieldsMax) {
    throw invalidParameter(
      `maximum field's number should be limited to ${fieldsMax}, got ${all.length}`,
    )
  }
  validateFieldNames([...fields, ...structs])
  validatePrimaryKey(fields)
  validateAutoId(fields)
  validatePartitionKey(fields)
  validateClusteringKey(fields)
  if (!all.some((field) => isVectorType(field.dataType))) {
    throw invalidParameter('schema does not contain vector field')
  }
  for (const field of fields) validateField(field, schema.name)
  for (const struct of structs) validateStruct(struct, schema.name)
}

const systemFieldNames = ['RowID', 'Timestamp']

function validateFieldNames(fields: readonly { readonly name: string }[]): void {
  const seen = new Set<string>()
  for (const { name } of fields) {
    validateName('field', name)
    if (systemFieldNames.includes(name)) {
      throw invalidParameter(
        `schema contains system field: '${name}' is one of ${systemFieldNames.join(', ')}`,
      )
    }
    if (seen.has(name)) throw invalidParameter(`duplicated field name: ${name}`)
    seen.add(name)
  }
}

function validatePrimaryKey(fields: readonly Field[]): void {
  const field = onlyOne(fields, 'primary key', (each) => each.isPrimaryKey)
  if (!field) throw invalidParameter('primary key is not specified')
  if (!isKeyType(field.dataType)) {
    throw invalidParameter('the data type of primary key should be Int64 or VarChar')
  }
  if (field.nullable) throw invalidParameter('primary field not support null')
  if (field.defaultValue !== null) throw invalidParameter('primary field not support default_value')
}

function validateAutoId(fields: readonly Field[]): void {
  const field = fields.find((each) => each.autoId && !each.isPrimaryKey)
  if (field) {
    throw invalidParameter(
      `only primary field can specify AutoID with true, field name = ${field.name}`,
    )
  }
}

function validatePartitionKey(fields: readonly Field[]): void {
  const field = onlyOne(fields, 'partition key', (each) => each.isPartitionKey)
  if (!field) return
  if (field.isPrimaryKey) {
    throw invalidParameter('the partition key field must not be primary field')
  }
  if (!isKeyType(field.dataType)) {
    throw invalidParameter('the data type of partition key should be Int64 or VarChar')
  }
}

function validateClusteringKey(fields: readonly Field[]): void {
  onlyOne(fields, 'clustering key', (each) => each.isClusteringKey)
}

function onlyOne(
  fields: readonly Field[],
  noun: string,
  fits: (field: Field) => boolean,
): Field | undefined {
  const [first, second] = fields.filter(fits)
  if (second) {
    throw invalidParameter(
      `there are more than one ${noun}, field name = ${first.name}, ${second.name}`,
    )
  }
  return first
}

function isKeyType(dataType: DataType): boolean {
  return dataType === DataType.Int64 || dataType === DataType.VarChar
}
