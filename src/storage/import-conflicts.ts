import { bitmapWithLength, countBits, hasBit, setBit, unionOf } from '../column/bitmap.js'
import type { Field } from '../schema/field.js'
import { comparePks, rowsOfPk } from '../segment/pk-order.js'
import type { PrimaryKey } from '../segment/segment-file.js'
import type { ConflictRules, KeyConflicts, SortedKeys } from './key-conflicts.js'
import { type KeyConflictsInput, type KeyFile, readImportedKeys } from './key-conflicts-job.js'
import type { SegmentRecord } from './records.js'
import type { RowsContext } from './rows-context.js'
import type { SealedSegment } from './sealed-segment.js'
import type { Edit } from './store.js'

/** What an import does to rows that have its keys. */
export interface ImportRules extends ConflictRules {
  /** The imported rows are keys and nothing else: they are not shown. */
  readonly areOnlyKeys: boolean
  /** Where rows lose; null: in all partitions. */
  readonly partitionId: bigint | null
}

/** What one transaction makes of an import. */
interface ImportCommit {
  readonly visible: readonly SegmentRecord[]
  readonly removed: readonly SegmentRecord[]
  readonly edits: readonly Edit[]
  readonly deletedRows: number
  readonly skippedRows: number
}

export type CommitImport = (commit: ImportCommit) => Promise<void>

interface ImportedAndExisting {
  readonly records: readonly SegmentRecord[]
  readonly existing: readonly SealedSegment[]
  readonly rules: ImportRules
  /** Of the rows that are in no file yet. */
  readonly growingKeys: () => Iterable<PrimaryKey>
}

const conflictsJob = new URL('./key-conflicts-job.js', import.meta.url)

/** Looks through the key columns of the files, in a worker. */
export async function findImportConflicts(
  context: RowsContext,
  pk: Field,
  found: ImportedAndExisting,
): Promise<ImportConflicts> {
  const { records, rules } = found
  const existing =
    rules.loser === 'none' ? [] : found.existing.filter((segment) => isNear(segment, records))
  const imported = records.map((record): KeyFile => {
    const { segmentId, file } = record
    return { path: context.directory.segmentPath(segmentId), file, deleted: null }
  })
  const input: KeyConflictsInput = {
    pk,
    imported,
    existing: existing.map((segment) => ({
      path: context.directory.segmentPath(segment.record.segmentId),
      file: segment.record.file,
      deleted: segment.deletes.rows,
    })),
    rules: { winner: rules.winner, loser: rules.loser },
  }
  const isFree = rules.winner === 'none' && existing.length === 0
  const conflicts = isFree
    ? { imported: records.map(() => null), existing: [] }
    : await context.pool.run<KeyConflictsInput, KeyConflicts>(conflictsJob, input, {
        lane: 'lengthy',
      })
  return new ImportConflicts({ ...found, existing }, conflicts, () =>
    Promise.all(imported.map((file) => readImportedKeys(file, pk))),
  )
}

function isNear({ record: { file } }: SealedSegment, records: readonly SegmentRecord[]): boolean {
  return records.some(
    ({ file: { pkMin, pkMax } }) =>
      comparePks(file.pkMin, pkMax) <= 0 && comparePks(pkMin, file.pkMax) <= 0,
  )
}

/** Which rows lose, of an import and of what was there before. */
export class ImportConflicts {
  readonly records: readonly SegmentRecord[]
  readonly losingExisting: readonly { readonly segment: SealedSegment; readonly lost: Uint8Array }[]
  readonly #rules: ImportRules
  readonly #lost: Map<bigint, Uint8Array>
  readonly #growingKeys: () => Iterable<PrimaryKey>
  readonly #readKeys: () => Promise<SortedKeys[]>
  #keys: SortedKeys[] | null = null

  constructor(
    { records, existing, rules, growingKeys }: ImportedAndExisting,
    conflicts: KeyConflicts,
    readImportedKeys: () => Promise<SortedKeys[]>,
  ) {
    this.records = records
    this.#rules = rules
    this.#growingKeys = growingKeys
    this.#readKeys = readImportedKeys
    this.#lost = new Map(
      records.flatMap(({ segmentId }, index) => {
        const lost = conflicts.imported[index]
        return lost === null ? [] : [[segmentId, lost] as const]
      }),
    )
    this.losingExisting = existing.flatMap((segment, index) => {
      const lost = conflicts.existing[index]
      return lost === null ? [] : [{ segment, lost }]
    })
  }

  /** Brings the imported keys into memory, if there are rows to compare them with that lie in no file. */
  async prepare(): Promise<void> {
    if (this.#rules.loser === 'none' || this.#keys !== null) return
    for (const _ of this.#growingKeys()) {
      this.#keys = await this.#readKeys()
      return
    }
  }

  get isReady(): boolean {
    if (this.#rules.loser === 'none' || this.#keys !== null) return true
    for (const _ of this.#growingKeys()) return false
    return true
  }

  /** Compares with the rows that lie in no file. @returns the keys of those that lose */
  lateKeys(): PrimaryKey[] {
    if (this.#rules.loser === 'none' || this.#keys === null) return []
    const lateKeys: PrimaryKey[] = []
    for (const key of new Set(this.#growingKeys())) {
      const isImported = this.#findImported(key)
      if (isImported && this.#rules.loser === 'existing') lateKeys.push(key)
    }
    return lateKeys
  }

  /** Whether the key is imported; the rows that have it lose, if that is the rule. */
  #findImported(key: PrimaryKey): boolean {
    let isImported = false
    this.#keys!.forEach(({ column, order, rowCount }, index) => {
      const rows = rowsOfPk(column, rowCount, order, key)
      if (rows.length === 0) return
      isImported = true
      if (this.#rules.loser === 'imported') this.#lose(index, rows)
    })
    return isImported
  }

  #lose(index: number, rows: readonly number[]): void {
    const { segmentId, file } = this.records[index]
    const lost = this.#lost.get(segmentId) ?? bitmapWithLength(file.rowCount)
    for (const row of rows) setBit(lost, row)
    this.#lost.set(segmentId, lost)
  }

  /** The imported segments that have rows left. */
  shown(): SegmentRecord[] {
    return this.records.filter(({ segmentId, file }) => {
      const lost = this.#lost.get(segmentId)
      return !lost || countBits(lost, file.rowCount) < file.rowCount
    })
  }

  lostOf(segmentId: bigint): Uint8Array | null {
    return this.#lost.get(segmentId) ?? null
  }

  /** What is to be stored as deleted of these imported segments. */
  deletionsOf(shown: readonly SegmentRecord[]): [bigint, Uint8Array][] {
    return shown.flatMap(({ segmentId }): [bigint, Uint8Array][] => {
      const lost = this.#lost.get(segmentId)
      return lost ? [[segmentId, lost]] : []
    })
  }

  deletionsOfExisting(): [bigint, Uint8Array][] {
    return this.losingExisting.map(({ segment, lost }) => [
      segment.record.segmentId,
      unionOf(segment.deletes.rows, lost),
    ])
  }

  counts(lateCount: number): { readonly deletedRows: number; readonly skippedRows: number } {
    let deletedRows = lateCount
    for (const { segment, lost } of this.losingExisting) {
      const deleted = segment.deletes.rows
      for (let row = 0; row < segment.rowCount; row++) {
        const isNew = hasBit(lost, row) && !(deleted && hasBit(deleted, row))
        if (isNew) deletedRows++
      }
    }
    let skippedRows = 0
    for (const { segmentId, file } of this.records) {
      const lost = this.#lost.get(segmentId)
      if (lost) skippedRows += countBits(lost, file.rowCount)
    }
    return { deletedRows, skippedRows }
  }
}
