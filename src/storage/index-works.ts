import type { VectorRegion } from '../kernels/vector-region.js'
import type { CollectionParts } from './collection-parts.js'
import type { IndexWork, ScalarIndexWork, VectorIndexWork } from './index-builder.js'
import type { BuiltIndex, SegmentRecord } from './records.js'
import type { ResidentVectors } from './resident-vectors.js'
import type { SealedSegment } from './sealed-segment.js'
import {
  isWorthBuilding,
  type WantedIndex,
  type WantedScalarIndex,
  type WantedVectorIndex,
  wantedIndexes,
} from './wanted-indexes.js'

/** Runs a change of a collection's segments when no other is under way. */
type InTurn = (work: () => Promise<void>) => Promise<void>

/** The next index that a visible segment lacks. */
export function nextIndexWorkOf(
  parts: CollectionParts,
  isRefused: (segmentId: bigint, indexId: bigint) => boolean,
  inTurn: InTurn,
): IndexWork | undefined {
  const { context, collectionId, sealed } = parts
  const record = context.catalog.collection(collectionId)
  if (!record) return undefined
  for (const wanted of wantedIndexes(record)) {
    for (const segment of sealed.all()) {
      const { segmentId } = segment.record
      if (!lacksIndex(segment, wanted) || isRefused(segmentId, wanted.indexId)) continue
      return wanted.kind === 'scalar'
        ? scalarWorkOn(parts, segment, wanted, inTurn)
        : vectorWorkOn(parts, segment, wanted, inTurn)
    }
  }
  return undefined
}

/** Removes what segments have of indexes that the collection does not have. */
export async function dropUnwantedIndexes({
  context,
  collectionId,
  sealed,
}: CollectionParts): Promise<void> {
  const { catalog, directory } = context
  const record = catalog.collection(collectionId)
  if (!record) return
  const ids = new Set(record.indexes.map(({ indexId }) => indexId))
  const stale = sealed
    .all()
    .filter(({ record: { indexes } }) => indexes.some(({ indexId }) => !ids.has(indexId)))
  const removed = stale.flatMap(({ record: { segmentId, indexes } }) =>
    indexes
      .filter(({ indexId }) => !ids.has(indexId))
      .map(({ indexId }) => ({ segmentId, indexId })),
  )
  const kept = stale.map(({ record }) => ({
    ...record,
    indexes: record.indexes.filter(({ indexId }) => ids.has(indexId)),
  }))
  if (kept.length === 0) return
  await catalog.editSegments(kept, [], [])
  for (const [index, segment] of stale.entries()) segment.noteIndexes(kept[index])
  for (const { segmentId, indexId } of removed) directory.removeIndex(segmentId, indexId)
}

/** The record without indexes that the collection does not have any more: their files are removed. */
export function withoutUnwantedIndexes(
  { context, collectionId }: CollectionParts,
  record: SegmentRecord,
): SegmentRecord {
  const { catalog, directory } = context
  const ids = catalog.collection(collectionId)?.indexes.map(({ indexId }) => indexId) ?? []
  const unwanted = record.indexes.filter(({ indexId }) => !ids.includes(indexId))
  if (unwanted.length === 0) return record
  for (const { indexId } of unwanted) directory.removeIndex(record.segmentId, indexId)
  return { ...record, indexes: record.indexes.filter((index) => !unwanted.includes(index)) }
}

/** The record with one index more, or in place of a damaged one. */
export function withBuiltIndex(record: SegmentRecord, built: BuiltIndex): SegmentRecord {
  const others = record.indexes.filter(({ indexId }) => indexId !== built.indexId)
  return { ...record, indexes: [...others, built] }
}

/** The indexes that a segment still lacks. */
export function pendingIndexesOf(
  { context, collectionId }: CollectionParts,
  segment: SealedSegment,
): bigint[] {
  const record = context.catalog.collection(collectionId)
  const wanted = record ? wantedIndexes(record) : []
  return wanted.filter((each) => lacksIndex(segment, each)).map(({ indexId }) => indexId)
}

/** Whether an index is to be built: not for a few rows, nor over vectors that no row has. */
export function lacksIndex(segment: SealedSegment, wanted: WantedIndex): boolean {
  if (segment.hasIndex(wanted.indexId)) return false
  const hasRows = wanted.kind === 'scalar' || segment.columns.has(wanted.field)
  return hasRows && isWorthBuilding(wanted, segment.rowCount)
}

function scalarWorkOn(
  parts: CollectionParts,
  segment: SealedSegment,
  wanted: WantedScalarIndex,
  inTurn: InTurn,
): ScalarIndexWork {
  return {
    kind: 'scalar',
    segmentId: segment.record.segmentId,
    wanted,
    rowCount: segment.rowCount,
    isWanted: () => isWanted(parts, segment, wanted),
    column: () => segment.columns.read(wanted.field),
    take: (built) =>
      inTurn(async () => {
        await nameIndex(parts, segment, wanted, built)
      }),
  }
}

function vectorWorkOn(
  parts: CollectionParts,
  segment: SealedSegment,
  wanted: WantedVectorIndex,
  inTurn: InTurn,
): VectorIndexWork {
  let resident: ResidentVectors | null = null
  return {
    kind: 'vector',
    segmentId: segment.record.segmentId,
    wanted,
    isWanted: () => isWanted(parts, segment, wanted),
    async vectors(isApart) {
      const vectors = await segment.vectorsToIndex(wanted.field, isApart)
      resident = vectors.resident
      return { vectors, release: () => vectors.resident.users.release() }
    },
    take: (built, region) =>
      inTurn(async () => {
        let isAttached = false
        try {
          isAttached = await takeIndex(parts, segment, wanted, built, region, resident!)
        } finally {
          if (!isAttached) parts.context.memory.free(region)
        }
      }),
  }
}

function isWanted(
  { context, collectionId, sealed }: CollectionParts,
  segment: SealedSegment,
  { indexId }: WantedIndex,
): boolean {
  const record = context.catalog.collection(collectionId)
  const isThere = record?.indexes.some((each) => each.indexId === indexId) ?? false
  return isThere && sealed.withId(segment.record.segmentId) === segment
}

/** @returns whether the region is in use now */
async function takeIndex(
  parts: CollectionParts,
  segment: SealedSegment,
  wanted: WantedVectorIndex,
  built: BuiltIndex,
  region: VectorRegion,
  resident: ResidentVectors,
): Promise<boolean> {
  if (!(await nameIndex(parts, segment, wanted, built))) return false
  const { indexId, field } = wanted
  const { fields } = parts.schema
  return segment.useIndex({ resident, fields }, field.fieldId, { indexId, region })
}

/** Makes the segment's record name the index, where both are still wanted. @returns whether they are */
async function nameIndex(
  parts: CollectionParts,
  segment: SealedSegment,
  wanted: WantedIndex,
  built: BuiltIndex,
): Promise<boolean> {
  const { catalog, directory } = parts.context
  const { segmentId } = segment.record
  const { indexId } = built
  if (!isWanted(parts, segment, wanted)) {
    directory.removeIndex(segmentId, indexId)
    return false
  }
  const record = withBuiltIndex(segment.record, built)
  await catalog.editSegments([record], [], [])
  segment.noteIndexes(record)
  return true
}
