import { bindPath } from '../expr/bind-value.js'
import type { JsonValue } from '../expr/bound-expr.js'
import { jsonStepFrom } from '../expr/json-scan.js'
import { parseExpr } from '../expr/parse-expr.js'
import type { CollectionSchema } from '../schema/collection-schema.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'

/** What the values of a path are indexed as. */
type PathCast = 'BOOL' | 'DOUBLE' | 'VARCHAR'

/** A path in the JSON documents of a field: the keys of its steps. */
export interface IndexedPath {
  readonly path: readonly string[]
  readonly cast: PathCast
}

/**
 * The path of an index, as in `doc["a"][0]`.
 * @returns undefined for values of a type that no index is built over
 * @throws parameterInvalid
 */
export function indexedPathOf(
  schema: CollectionSchema,
  field: Field,
  { path, cast }: { readonly path: string; readonly cast: string },
): IndexedPath | undefined {
  const keys = path === '' ? [] : keysOf(schema, field, path)
  return isPathCast(cast) ? { path: keys, cast } : undefined
}

/** The values at an indexed path, as a filter reads them. */
export function valueAtPath(field: Field, { path, cast }: IndexedPath): JsonValue {
  return { kind: 'json', field, path: path.map(jsonStepFrom), dataType: dataTypes[cast] }
}

const dataTypes: Readonly<Record<PathCast, DataType>> = {
  BOOL: DataType.Bool,
  DOUBLE: DataType.Double,
  VARCHAR: DataType.VarChar,
}

function isPathCast(cast: string): cast is PathCast {
  return cast in dataTypes
}

function keysOf(schema: CollectionSchema, field: Field, text: string): string[] {
  const { root } = parseExpr(text)
  if (root.kind !== 'path') throw invalidParameter(`json_path ${text} is not a path`)
  const value = bindPath(root, { schema, text })
  if (value.field.fieldId !== field.fieldId) {
    throw invalidParameter(`json_path ${text} does not lead into field ${field.name}`)
  }
  return value.kind === 'json' ? value.path.map(({ key }) => key) : []
}
