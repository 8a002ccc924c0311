import { MillraceError } from '../errors.js'
import { familyFor, isBuilt } from '../indexes/families.js'
import type { IndexSpec } from '../indexes/index-family.js'
import { storedSpecOf } from '../indexes/index-spec.js'
import { scalarSpecOf } from '../indexes/scalar/scalar-spec.js'
import type { GramSizes } from '../indexes/scalar/value-index.js'
import type { CollectionSchema } from '../schema/collection-schema.js'
import { isDenseVectorType, isVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { type IndexedPath, indexedPathOf } from './indexed-path.js'
import type { CollectionRecord, IndexRecord } from './records.js'

/** An index that a collection's segments are to have. */
export type WantedIndex = WantedVectorIndex | WantedScalarIndex

export interface WantedVectorIndex {
  readonly kind: 'vector'
  readonly indexId: bigint
  readonly field: Field
  readonly spec: IndexSpec
}

export interface WantedScalarIndex {
  readonly kind: 'scalar'
  readonly indexId: bigint
  readonly field: Field
  /** null: the field's own values. */
  readonly json: IndexedPath | null
  /** null: its values are whole. */
  readonly grams: GramSizes | null
}

/** The indexes on dense vector fields, and those on others that hold no vectors. */
export function wantedIndexes({
  schema,
  indexes,
}: Pick<CollectionRecord, 'schema' | 'indexes'>): WantedIndex[] {
  return indexes.flatMap((index): readonly WantedIndex[] => {
    const { indexId, fieldId, params } = index
    const field = schema.fields.find((each) => each.fieldId === fieldId)
    if (!field) return []
    if (!isVectorType(field.dataType)) return wantedScalar(schema, field, index)
    if (!isDenseVectorType(field.dataType)) return []
    return [{ kind: 'vector', indexId, field, spec: storedSpecOf(field, params) }]
  })
}

/** Whether anything is built for it over a segment of so many rows. */
export function isWorthBuilding(wanted: WantedIndex, rowCount: number): boolean {
  if (wanted.kind === 'scalar') return rowCount >= scalarRowsMin
  return familyFor(wanted.spec, rowCount) !== null
}

/** Whether anything is built for it over a segment of enough rows. */
export function isEverBuilt(wanted: WantedIndex): boolean {
  return wanted.kind === 'scalar' || isBuilt(wanted.spec)
}

/** Fewer rows are looked at in the time that it takes to open an index. */
const scalarRowsMin = 4096

function wantedScalar(
  schema: CollectionSchema,
  field: Field,
  { indexId, params }: IndexRecord,
): WantedScalarIndex[] {
  try {
    const { json, grams, isBuilt } = scalarSpecOf(field, params)
    if (!isBuilt) return []
    const path = json && indexedPathOf(schema, field, json)
    return [{ kind: 'scalar', indexId, field, json: path, grams }]
  } catch (error) {
    // It was created when nobody checked these parameters.
    if (error instanceof MillraceError) return []
    throw error
  }
}
