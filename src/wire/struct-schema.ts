/** schema.StructArrayFieldSchema ↔ the fields that a struct array is made of. */
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { shortNameOf, subFieldName, userFieldsOf } from '../schema/struct-array.js'
import type { MessageInput } from './codec.js'
import { fieldFromMessage, messageFromField } from './field-schema.js'
import type { StructArrayFieldSchema } from './generated/messages.js'
import { keyValuesFromPairs, pairsFromKeyValues } from './key-values.js'

/** @throws parameterInvalid */
export function subFieldsFromMessage(message: StructArrayFieldSchema): Field[] {
  const { name, description, nullable } = message
  if (message.fields.length === 0) {
    throw invalidParameter(`struct array field ${name} has no sub-fields`)
  }
  const typeParams = Object.fromEntries(pairsFromKeyValues(message.type_params))
  const struct = { fieldId: Number(message.fieldID), name, description, nullable, typeParams }
  return message.fields.map((subField) => {
    const field = fieldFromMessage(subField)
    return {
      ...field,
      name: subFieldName(name, field.name),
      // Milvus: sub-fields are null where their struct is.
      nullable: field.nullable || nullable,
      struct,
    }
  })
}

export function messagesFromStructs(
  fields: readonly Field[],
): MessageInput<'StructArrayFieldSchema'>[] {
  return userFieldsOf(fields).flatMap(({ struct, fields: subFields }) => {
    if (!struct) return []
    const { fieldId, name, description, nullable, typeParams } = struct
    return {
      fieldID: BigInt(fieldId),
      name,
      description,
      nullable,
      type_params: keyValuesFromPairs(Object.entries(typeParams)),
      fields: subFields.map((field) => ({ ...messageFromField(field), name: shortNameOf(field) })),
    }
  })
}
