import { MillraceError } from '../errors.js'
import { type CollectionSchema, firstFieldId } from '../schema/collection-schema.js'
import { dynamicField } from '../schema/dynamic-field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { withIdsFrom } from '../schema/struct-array.js'
import { validateSchema } from '../schema/validate-schema.js'
import { decode, type MessageInput } from './codec.js'
import { fieldFromMessage, messageFromField } from './field-schema.js'
import type { CollectionSchema as CollectionSchemaMessage } from './generated/messages.js'
import { messagesFromStructs, subFieldsFromMessage } from './struct-schema.js'

/**
 * The schema of CreateCollection, checked. The server gives the fields their ids, in their order, whatever
 * the client wrote.
 * @throws parameterInvalid
 * @throws unsupported for functions, external collections and namespaces
 */
export function newCollectionSchemaFromBytes(
  bytes: Uint8Array,
  timeZone?: string,
): CollectionSchema {
  const message = decode('CollectionSchema', bytes)
  refuse('external collections', message.external_source === '' ? [] : [message])
  refuse('namespaces', message.enable_namespace ? [message] : [])
  const described = collectionSchemaFromMessage(message, timeZone)
  const schema = { ...described, fields: withIdsFrom(firstFieldId, described.fields) }
  validateSchema(schema)
  return schema
}

/** The schema that DescribeCollection answers with, which lacks `$meta`: it comes back by the flag. */
export function collectionSchemaFromMessage(
  message: CollectionSchemaMessage,
  timeZone?: string,
): CollectionSchema {
  refuse('functions', message.functions)
  refuseTwins(message.struct_array_fields)
  const plain = message.fields.map((field) => fieldFromMessage(field, timeZone))
  const fields = [...plain, ...message.struct_array_fields.flatMap(subFieldsFromMessage)]
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
    fields: schema.fields
      .filter((field) => !field.isDynamic && !field.struct)
      .map(messageFromField),
    struct_array_fields: messagesFromStructs(schema.fields),
    enable_dynamic_field: schema.enableDynamicField,
    version: schema.version,
  }
}

/** Before they have ids, nothing else tells two of one name apart. */
function refuseTwins(structs: readonly { readonly name: string }[]): void {
  const names = structs.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) throw invalidParameter(`duplicated field name: ${twice}`)
}

function refuse(feature: string, items: readonly { readonly name: string }[]): void {
  if (items.length === 0) return
  const names = items.map(({ name }) => `'${name}'`).join(', ')
  throw new MillraceError('unsupported', `not supported by millrace: ${feature} (${names})`)
}
