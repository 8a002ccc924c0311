import { MillraceError } from '../errors.js'
import { type CollectionSchema, firstFieldId } from '../schema/collection-schema.js'
import { dynamicField } from '../schema/dynamic-field.js'
import { validateSchema } from '../schema/validate-schema.js'
import { decode, type MessageInput } from './codec.js'
import { fieldFromMessage, messageFromField } from './field-schema.js'
import type { CollectionSchema as CollectionSchemaMessage } from './generated/messages.js'

/**
 * The schema of CreateCollection, checked. The server gives the fields their ids, in their order, whatever
 * the client wrote.
 * @throws parameterInvalid
 * @throws unsupported for struct array fields and functions
 */
export function newCollectionSchemaFromBytes(bytes: Uint8Array): CollectionSchema {
  const described = collectionSchemaFromMessage(decode('CollectionSchema', bytes))
  const fields = described.fields.map((field, index) => ({
    ...field,
    fieldId: firstFieldId + index,
  }))
  const schema = { ...described, fields }
  validateSchema(schema)
  return schema
}

/** The schema that DescribeCollection answers with, which lacks `$meta`: it comes back by the flag. */
export function collectionSchemaFromMessage(message: CollectionSchemaMessage): CollectionSchema {
  refuseUnsupported(message)
  const fields = message.fields.map(fieldFromMessage)
  const lastId = fields.reduce((last, { fieldId }) => Math.max(last, fieldId), firstFieldId - 1)
  return {
    name: message.name,
    description: message.description,
    fields: message.enable_dynamic_field ? [...fields, dynamicField(lastId + 1)] : fields,
    enableDynamicField: message.enable_dynamic_field,
    version: message.version,
  }
}

export function messageFromCollectionSchema(
  schema: CollectionSchema,
): MessageInput<'CollectionSchema'> {
  return {
    name: schema.name,
    description: schema.description,
    fields: schema.fields.filter((field) => !field.isDynamic).map(messageFromField),
    enable_dynamic_field: schema.enableDynamicField,
    version: schema.version,
  }
}

function refuseUnsupported({ struct_array_fields, functions }: CollectionSchemaMessage): void {
  refuse('struct array field', struct_array_fields)
  refuse('function', functions)
}

function refuse(noun: string, items: readonly { readonly name: string }[]): void {
  if (items.length === 0) return
  const names = items.map(({ name }) => `'${name}'`).join(', ')
  throw new MillraceError('unsupported', `collection schema: ${noun} ${names} is not supported`)
}
