import { keyColumn } from '../column/key-column.js'
import { primaryKeyOf } from '../schema/collection-schema.js'
import type { CollectionParts } from './collection-parts.js'
import {
  type CommitImport,
  findImportConflicts,
  type ImportConflicts,
  type ImportRules,
} from './import-conflicts.js'
import { withoutUnwantedIndexes } from './index-works.js'
import type { SegmentRecord } from './records.js'
import type { ResidentVectors } from './resident-vectors.js'
import { sealRows } from './seal-rows.js'
import { deletionEdit, releasingOnError } from './sealed-segments.js'
import type { Edit } from './store.js'

/** Makes an import's segments visible; see CollectionRows. Nothing else changes segments meanwhile. */
export async function addImported(
  parts: CollectionParts,
  records: readonly SegmentRecord[],
  rules: ImportRules,
  commit: CommitImport,
): Promise<void> {
  const conflicts = await conflictsOf(parts, records, rules)
  const shown = rules.areOnlyKeys
    ? []
    : conflicts.shown().map((record) => withoutUnwantedIndexes(parts, record))
  const vectors = await parts.sealed.loadAhead(shown, parts.schema)
  await releasingOnError(vectors, async () => {
    while (!conflicts.isReady) await conflicts.prepare()
    await commitImported(parts, { conflicts, rules, shown, vectors, commit })
  })
}

/** Finds who loses to whom. Growing rows are sealed before, so that nearly all keys lie in files. */
async function conflictsOf(
  parts: CollectionParts,
  records: readonly SegmentRecord[],
  rules: ImportRules,
): Promise<ImportConflicts> {
  const { context, schema, sealed, growing } = parts
  if (rules.loser !== 'none' && records.length > 0) await sealRows(parts)
  await sealed.resolveDeletes()
  const { partitionId } = rules
  const existing = partitionId === null ? sealed.all() : sealed.in([partitionId])
  const growingKeys = () => growing.keys(partitionId)
  const pk = primaryKeyOf(schema)
  return findImportConflicts(context, pk, { records, existing, rules, growingKeys })
}

interface Arrival {
  readonly conflicts: ImportConflicts
  readonly rules: ImportRules
  readonly shown: readonly SegmentRecord[]
  readonly vectors: ReadonlyMap<bigint, ResidentVectors>
  readonly commit: CommitImport
}

/** From the timestamp to the commit nothing is waited for: nobody comes between. */
async function commitImported(
  { context, schema, sealed, growing }: CollectionParts,
  { conflicts, rules: { partitionId }, shown, vectors, commit }: Arrival,
): Promise<void> {
  const lateKeys = conflicts.lateKeys()
  const timestamp = context.oracle.next()
  const visible = shown.map((record) => ({ ...record, taskId: null, timestamp }))
  const shownIds = new Set(shown.map(({ segmentId }) => segmentId))
  const removed = conflicts.records.filter(({ segmentId }) => !shownIds.has(segmentId))
  const deletions = [...conflicts.deletionsOf(visible), ...conflicts.deletionsOfExisting()]
  const edits = deletions.map(([segmentId, deleted]) => deletionEdit(segmentId, deleted))
  const counts = conflicts.counts(lateKeys.length)
  const commitAll = (logged: readonly Edit[]) =>
    commit({ visible, removed, edits: [...edits, ...logged], ...counts })
  const arriving = visible.map((record) =>
    sealed.segmentOf(record, {
      vectors: vectors.get(record.segmentId) ?? null,
      deleted: conflicts.lostOf(record.segmentId),
      areDeletesStored: true,
    }),
  )
  sealed.awaitArrival(arriving)
  const show = () => {
    for (const { segment, lost } of conflicts.losingExisting) segment.deletes.addRows(lost)
    for (const segment of arriving) sealed.add(segment)
    sealed.endArrival()
  }
  try {
    if (lateKeys.length === 0) {
      await commitAll([])
      show()
    } else {
      const keys = keyColumn(primaryKeyOf(schema), lateKeys)
      const late = { keys, rowCount: lateKeys.length, partitionId }
      await growing.deleteWithin(late, { timestamp, commit: commitAll, onApplied: show })
    }
  } finally {
    sealed.endArrival()
  }
  for (const { segmentId } of removed) context.directory.removeSegment(segmentId)
}
