import { familyFor } from '../indexes/families.js'
import { primaryKeyOf } from '../schema/collection-schema.js'
import type { IndexWork } from './index-builder.js'
import { withBuiltIndex } from './index-works.js'
import type { SegmentRecord } from './records.js'
import type { RowsContext } from './rows-context.js'
import { SealedSegment } from './sealed-segment.js'
import { type WantedIndex, wantedIndexes } from './wanted-indexes.js'

/** The indexes that segments of an import lack, before anybody sees them. */
export function hiddenIndexWorks(
  context: RowsContext,
  collectionId: bigint,
  records: readonly SegmentRecord[],
): { readonly work: IndexWork; readonly rowCount: number }[] {
  const collection = context.catalog.collection(collectionId)
  if (!collection) return []
  const pk = primaryKeyOf(collection.schema)
  const start = { vectors: null, deleted: null, areDeletesStored: true }
  return wantedIndexes(collection).flatMap((wanted) =>
    records
      .filter((record) => lacks(record, wanted))
      .map((record) => ({
        work: workOn(context, new SealedSegment(context, record, pk, start), wanted),
        rowCount: record.file.rowCount,
      })),
  )
}

function lacks({ file, indexes }: SegmentRecord, { indexId, spec }: WantedIndex): boolean {
  const isThere = indexes.some((index) => index.indexId === indexId)
  return !isThere && familyFor(spec, file.rowCount) !== null
}

function workOn(context: RowsContext, segment: SealedSegment, wanted: WantedIndex): IndexWork {
  const { segmentId } = segment.record
  return {
    segmentId,
    wanted,
    async vectors(isApart) {
      const vectors = await segment.vectorsToIndex(wanted.field, isApart)
      return { vectors, release: () => vectors.resident.users.release() }
    },
    async take(built, region) {
      context.memory.free(region)
      // Another index of the segment may have come since.
      const record = context.catalog.segment(segmentId)
      if (record) await context.catalog.editSegments([withBuiltIndex(record, built)], [], [])
      else context.directory.removeIndex(segmentId, wanted.indexId)
    },
  }
}
