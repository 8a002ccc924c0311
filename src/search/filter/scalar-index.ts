import type { ColumnValue, JsonValue } from '../../expr/bound-expr.js'
import type { BoxTree } from '../../indexes/scalar/box-tree.js'
import type { ValueIndex } from '../../indexes/scalar/value-index.js'

/** What the values of a path in JSON documents are taken for; JSON: all that lies at it and below. */
export type JsonCast =
  | 'BOOL'
  | 'DOUBLE'
  | 'VARCHAR'
  | 'ARRAY_BOOL'
  | 'ARRAY_DOUBLE'
  | 'ARRAY_VARCHAR'
  | 'JSON'

interface IndexedJson {
  readonly path: readonly string[]
  readonly cast: JsonCast
  /** Whether texts that hold a number are among the numbers. */
  readonly readsTexts: boolean
}

/** A segment's index over the values of a field, or of a path in it. */
export interface ScalarIndex {
  readonly fieldId: number
  /** null: over the field itself. */
  readonly json: IndexedJson | null
  readonly values: ValueIndex
}

/** A segment's index over the boxes around the geometries of a field. */
export interface SpatialIndex {
  readonly fieldId: number
  readonly boxes: BoxTree
}

/** The index over the grams of the texts that a value is. */
export function gramIndexOf(
  value: ColumnValue,
  indexes: readonly ScalarIndex[],
): ValueIndex | null {
  const found = indexes.find(({ fieldId, json, values }) => {
    if (values.grams === null) return false
    if (value.kind === 'field') return fieldId === value.field.fieldId && json === null
    if (value.kind !== 'json' || fieldId !== value.field.fieldId) return false
    return json !== null && isPath(json.path, value.path)
  })
  return found?.values ?? null
}

export function isPath(keys: readonly string[], path: JsonValue['path']): boolean {
  return keys.length === path.length && path.every(({ key }, depth) => key === keys[depth])
}
