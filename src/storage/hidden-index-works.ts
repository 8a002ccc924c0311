import { primaryKeyOf } from '../schema/collection-schema.js'
import type { IndexWork } from './index-builder.js'
import { withBuiltIndex } from './index-works.js'
import type { BuiltIndex, SegmentRecord } from './records.js'
import type { RowsContext } from './rows-context.js'
import { SealedSegment } from './sealed-segment.js'
import { isWorthBuilding, type WantedIndex, wantedIndexes } from './wanted-indexes.js'

interface HiddenWork {
  readonly work: IndexWork
  readonly rowCount: number
}

/** The indexes that segments of an import lack, before anybody sees them. */
export function hiddenIndexWorks(
  context: RowsContext,
  collectionId: bigint,
  records: readonly SegmentRecord[],
): HiddenWork[] {
  const { catalog, directory } = context
  return worksOn(context, collectionId, records, async (segmentId, built) => {
    // Another index of the segment may have come since.
    const record = catalog.segment(segmentId)
    if (record) await catalog.editSegments([withBuiltIndex(record, built)], [], [])
    else directory.removeIndex(segmentId, built.indexId)
  })
}

/** Builds the indexes of a segment that nothing names yet. @returns its record with them */
export async function withIndexesBuilt(
  context: RowsContext,
  collectionId: bigint,
  record: SegmentRecord,
  signal: AbortSignal,
): Promise<SegmentRecord> {
  let indexed = record
  const works = worksOn(context, collectionId, [record], async (_, built) => {
    indexed = withBuiltIndex(indexed, built)
  })
  for (const { work } of works) await context.builder.build(work, signal)
  return indexed
}

function worksOn(
  context: RowsContext,
  collectionId: bigint,
  records: readonly SegmentRecord[],
  take: (segmentId: bigint, built: BuiltIndex) => Promise<void>,
): HiddenWork[] {
  const collection = context.catalog.collection(collectionId)
  if (!collection) return []
  const pk = primaryKeyOf(collection.schema)
  const start = { vectors: null, deleted: null, areDeletesStored: true }
  return wantedIndexes(collection).flatMap((wanted) =>
    records
      .filter((record) => lacks(record, wanted))
      .map((record) => ({
        work: workOn(context, new SealedSegment(context, record, pk, start), wanted, (built) =>
          take(record.segmentId, built),
        ),
        rowCount: record.file.rowCount,
      })),
  )
}

function lacks({ file, indexes }: SegmentRecord, wanted: WantedIndex): boolean {
  const isThere = indexes.some(({ indexId }) => indexId === wanted.indexId)
  return !isThere && isWorthBuilding(wanted, file.rowCount)
}

function workOn(
  context: RowsContext,
  segment: SealedSegment,
  wanted: WantedIndex,
  take: (built: BuiltIndex) => Promise<void>,
): IndexWork {
  const { segmentId } = segment.record
  if (wanted.kind === 'scalar') {
    const column = () => segment.columns.read(wanted.field)
    const { rowCount } = segment
    return { kind: 'scalar', segmentId, wanted, rowCount, isWanted: isAlwaysWanted, column, take }
  }
  return {
    kind: 'vector',
    segmentId,
    wanted,
    isWanted: isAlwaysWanted,
    async vectors(isApart) {
      const vectors = await segment.vectorsToIndex(wanted.field, isApart)
      return { vectors, release: () => vectors.resident.users.release() }
    },
    async take(built, region) {
      context.memory.free(region)
      await take(built)
    },
  }
}

/** Whoever waits for it has a signal of his own. */
function isAlwaysWanted(): boolean {
  return true
}
