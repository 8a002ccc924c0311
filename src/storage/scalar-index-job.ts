import type { BytesColumn, Column } from '../column/column.js'
import { buildBoxTree } from '../indexes/scalar/box-tree.js'
import { buildGramIndex } from '../indexes/scalar/build-gram-index.js'
import { buildValueIndex } from '../indexes/scalar/build-value-index.js'
import type { GramSizes } from '../indexes/scalar/value-index.js'
import { columnAtPath, type IndexedPath } from './indexed-path.js'

/** A column of a segment, or a path in its documents, whose values are indexed. */
export interface ScalarIndexInput {
  readonly column: Column
  readonly rowCount: number
  /** Then it is their boxes that are indexed. */
  readonly isOfGeometries: boolean
  readonly json: IndexedPath | null
  /** null: its values are whole. */
  readonly grams: GramSizes | null
}

/** @returns the bytes of the index's file, in shared memory */
export function run(input: ScalarIndexInput): Uint8Array {
  const { column, rowCount, json, grams } = input
  if (input.isOfGeometries) return buildBoxTree(column as BytesColumn, rowCount)
  const values = json === null ? column : columnAtPath(json, column as BytesColumn, rowCount)
  if (grams === null) return buildValueIndex(values, rowCount)
  return buildGramIndex(values as BytesColumn, rowCount, grams)
}
