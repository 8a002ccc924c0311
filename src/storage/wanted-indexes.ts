import type { IndexSpec } from '../indexes/index-family.js'
import { indexSpecOf } from '../indexes/index-spec.js'
import { isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { CollectionRecord } from './records.js'

/** An index that a collection's segments are to have. */
export interface WantedIndex {
  readonly indexId: bigint
  readonly field: Field
  readonly spec: IndexSpec
}

/** The indexes on dense vector fields. */
export function wantedIndexes({ schema, indexes }: CollectionRecord): WantedIndex[] {
  return indexes.flatMap(({ indexId, fieldId, params }) => {
    const field = schema.fields.find((each) => each.fieldId === fieldId)
    if (!field || !isDenseVectorType(field.dataType)) return []
    return [{ indexId, field, spec: indexSpecOf(field, params) }]
  })
}
