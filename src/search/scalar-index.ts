import type { BoxTree } from '../indexes/scalar/box-tree.js'
import type { ValueIndex } from '../indexes/scalar/value-index.js'

/** What the values of a path in JSON documents are taken for. */
export type JsonCast = 'BOOL' | 'DOUBLE' | 'VARCHAR'

/** A segment's index over the values of a field, or of a path in it. */
export interface ScalarIndex {
  readonly fieldId: number
  /** null: over the field itself. */
  readonly json: { readonly path: readonly string[]; readonly cast: JsonCast } | null
  readonly values: ValueIndex
}

/** A segment's index over the boxes around the geometries of a field. */
export interface SpatialIndex {
  readonly fieldId: number
  readonly boxes: BoxTree
}
