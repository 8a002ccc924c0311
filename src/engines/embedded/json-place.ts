import { type CollectionSchema, fieldNamed } from '../../schema/collection-schema.js'
import type { Field } from '../../schema/field.js'

/** A field, and the steps from there to a value in its documents. */
interface JsonPlace {
  readonly field: Field
  readonly fieldName: string
  readonly steps: readonly string[]
}

/** Where `field`, `field["key"][0]` or a dynamic key lies; undefined where there is no such field. */
export function jsonPlaceOf(schema: CollectionSchema, name: string): JsonPlace | undefined {
  const { fieldName, path } = pathIn(name)
  const named = fieldNamed(schema, fieldName)
  const field = named ?? schema.fields.find(({ isDynamic }) => isDynamic)
  return field && { field, fieldName, steps: named ? path : [fieldName, ...path] }
}

function pathIn(name: string): { fieldName: string; path: string[] } {
  const [, fieldName, rest] = /^([^[\]]+)((?:\[(?:"[^"]*"|'[^']*'|\d+)\])+)$/.exec(name) ?? []
  if (rest === undefined) return { fieldName: name, path: [] }
  const path = [...rest.matchAll(/\[["']?(.*?)["']?\]/g)].map(([, step]) => step)
  return { fieldName, path }
}
