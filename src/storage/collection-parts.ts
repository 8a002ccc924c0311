import type { CollectionSchema } from '../schema/collection-schema.js'
import type { GrowingRows } from './growing-rows.js'
import type { RowsContext } from './rows-context.js'
import type { SealedSegments } from './sealed-segments.js'

/** What a collection's rows are made of, for what changes more than one of these at a time. */
export interface CollectionParts {
  readonly context: RowsContext
  readonly collectionId: bigint
  readonly schema: CollectionSchema
  readonly sealed: SealedSegments
  readonly growing: GrowingRows
}
