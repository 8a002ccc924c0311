import { DataType } from './data-type.js'
import { type Field, plainField, type StructArray } from './field.js'

/** What a user sees as one field: a field, or a struct array of several. */
export interface UserField {
  readonly name: string
  /** null: a field by itself. */
  readonly struct: StructArray | null
  /** The one field, or the sub-fields. */
  readonly fields: readonly Field[]
  /** Where the first of them stands among all. */
  readonly fieldIndex: number
}

/** Fields in their order, those of a struct array together. */
export function userFieldsOf(fields: readonly Field[]): UserField[] {
  const found: (UserField & { readonly fields: Field[] })[] = []
  for (const [fieldIndex, field] of fields.entries()) {
    const { struct = null } = field
    const last = found.at(-1)
    if (struct && last?.struct && isSame(struct, last.struct)) last.fields.push(field)
    else found.push({ name: struct?.name ?? field.name, struct, fields: [field], fieldIndex })
  }
  return found
}

function isSame(one: StructArray, other: StructArray): boolean {
  return one.name === other.name && one.fieldId === other.fieldId
}

/** The fields with new ids. Milvus: a struct array has one of its own, before those of its sub-fields. */
export function withIdsFrom(firstId: number, fields: readonly Field[]): Field[] {
  let nextId = firstId
  return userFieldsOf(fields).flatMap(({ struct, fields: own }) => {
    if (!struct) return own.map((field) => ({ ...field, fieldId: nextId++ }))
    const numbered = { ...struct, fieldId: nextId++ }
    return own.map((field) => ({ ...field, fieldId: nextId++, struct: numbered }))
  })
}

/** As Milvus calls the sub-field everywhere but in the struct itself. */
export function subFieldName(structName: string, name: string): string {
  return `${structName}[${name}]`
}

/** The name of a sub-field in its struct; of any other field its own. */
export function shortNameOf({ name, struct }: Pick<Field, 'name' | 'struct'>): string {
  return struct ? name.slice(struct.name.length + 1, -1) : name
}

/** A struct array as a field, for what is said of it. */
export function structField({ fieldId, name, nullable }: StructArray): Field {
  return { ...plainField(fieldId, name, DataType.ArrayOfStruct), nullable }
}

/** The elements of an Array or ArrayOfVector, as rows of a field. */
export function elementFieldOf({ fieldId, name, elementType, dim, maxLength }: Field): Field {
  return { ...plainField(fieldId, name, elementType), dim, maxLength }
}
