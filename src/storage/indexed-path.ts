import type { BytesColumn, Column } from '../column/column.js'
import { bindPath } from '../expr/bind-value.js'
import { jsonListColumn, jsonNumberColumn, jsonValueColumn } from '../expr/json-columns.js'
import { jsonFlatColumn } from '../expr/json-flat-column.js'
import { jsonStepFrom } from '../expr/json-scan.js'
import { parseExpr } from '../expr/parse-expr.js'
import type { ScalarSpec } from '../indexes/scalar/scalar-spec.js'
import type { CollectionSchema } from '../schema/collection-schema.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'

/** What the values of a path are indexed as; JSON: all that lies at it and below. */
type PathCast = 'BOOL' | 'DOUBLE' | 'VARCHAR' | ArrayCast | 'JSON'
type ArrayCast = 'ARRAY_BOOL' | 'ARRAY_DOUBLE' | 'ARRAY_VARCHAR'

/** A path in the JSON documents of a field: the keys of its steps. */
export interface IndexedPath {
  readonly path: readonly string[]
  readonly cast: PathCast
  /** Whether texts that hold a number are among the numbers. */
  readonly readsTexts: boolean
}

/**
 * The path of an index, as in `doc["a"][0]`.
 * @throws parameterInvalid
 */
export function indexedPathOf(
  schema: CollectionSchema,
  field: Field,
  { path, cast, readsTexts }: NonNullable<ScalarSpec['json']>,
): IndexedPath {
  const keys = path === '' ? [] : keysOf(schema, field, path)
  return { path: keys, cast: cast as PathCast, readsTexts }
}

/** The values at an indexed path of some rows' documents, as filters read them. */
export function columnAtPath(
  { path, cast, readsTexts }: IndexedPath,
  documents: BytesColumn,
  rowCount: number,
): Column {
  const steps = path.map(jsonStepFrom)
  switch (cast) {
    case 'JSON':
      return jsonFlatColumn(steps, documents, rowCount)
    case 'DOUBLE':
      return jsonNumberColumn(steps, documents, rowCount, readsTexts)
    case 'BOOL':
    case 'VARCHAR':
      return jsonValueColumn({ path: steps, dataType: dataTypes[cast] }, documents, rowCount)
    default:
      return jsonListColumn(steps, dataTypes[cast], documents, rowCount)
  }
}

const dataTypes = {
  BOOL: DataType.Bool,
  VARCHAR: DataType.VarChar,
  ARRAY_BOOL: DataType.Bool,
  ARRAY_DOUBLE: DataType.Double,
  ARRAY_VARCHAR: DataType.VarChar,
} as const

function keysOf(schema: CollectionSchema, field: Field, text: string): string[] {
  const { root } = parseExpr(text)
  if (root.kind !== 'path') throw invalidParameter(`json_path ${text} is not a path`)
  const value = bindPath(root, { schema, text })
  if (value.field.fieldId !== field.fieldId) {
    throw invalidParameter(`json_path ${text} does not lead into field ${field.name}`)
  }
  return value.kind === 'json' ? value.path.map(({ key }) => key) : []
}
