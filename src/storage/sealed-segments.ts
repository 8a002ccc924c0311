import type { CollectionSchema } from '../schema/collection-schema.js'
import { isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { SegmentReader } from '../segment/segment-reader.js'
import type { SegmentRecord } from './records.js'
import { ResidentVectors } from './resident-vectors.js'
import type { RowsContext } from './rows-context.js'
import { SealedSegment, type SealedStart } from './sealed-segment.js'
import type { KeyDeletion } from './segment-deletes.js'
import { type Edit, keyFromId } from './store.js'

export interface LoadProgress {
  readonly readyRows: number
  readonly rowCount: number
}

/** The sealed segments of one collection, the deletes on them, and which partitions are loaded. */
export class SealedSegments {
  readonly #context: RowsContext
  readonly #pk: Field
  readonly #segments = new Map<bigint, SealedSegment>()
  /** Segments whose commit is under way: a delete that settles before they are seen must reach them. */
  #arriving: readonly SealedSegment[] = []
  readonly #loadedPartitions = new Set<bigint>()
  /** Segments that the load which is under way has read. */
  readonly #loadedAhead = new Set<bigint>()

  constructor(context: RowsContext, pk: Field) {
    this.#context = context
    this.#pk = pk
  }

  all(): SealedSegment[] {
    return [...this.#segments.values()]
  }

  in(partitionIds: readonly bigint[]): SealedSegment[] {
    return this.all().filter(({ record }) => partitionIds.includes(record.partitionId))
  }

  /** Takes up a segment as the store has it. */
  addStored(record: SegmentRecord): void {
    const { store } = this.#context.directory
    const deleted = store.getBytes('deletions', keyFromId(record.segmentId)) ?? null
    const start = { deleted: deleted && Uint8Array.from(deleted), areDeletesStored: true }
    this.add(this.segmentOf(record, { ...start, vectors: null }))
  }

  /** A segment that is not seen yet. */
  segmentOf(record: SegmentRecord, start: SealedStart): SealedSegment {
    return new SealedSegment(this.#context, record, this.#pk, start)
  }

  add(segment: SealedSegment): void {
    this.#segments.set(segment.record.segmentId, segment)
  }

  /** Deletes reach `segments` from now on, though nobody sees them yet. */
  awaitArrival(segments: readonly SealedSegment[]): void {
    this.#arriving = segments
  }

  /** What was awaited is added, or does not come. */
  endArrival(): void {
    this.#arriving = []
  }

  drop(segment: SealedSegment): void {
    this.#segments.delete(segment.record.segmentId)
    segment.drop()
  }

  delete(deletion: KeyDeletion, partitionId: bigint | null): void {
    for (const segment of [...this.all(), ...this.#arriving]) {
      if (partitionId === null || segment.record.partitionId === partitionId) {
        segment.delete(deletion)
      }
    }
  }

  /** Finds the rows of all deletes so far. Nothing is waited for between the last look and the return. */
  async resolveDeletes(): Promise<void> {
    let keysHere = deletedKeysHere
    for (;;) {
      const waiting = this.all().filter((segment) => !segment.deletes.resolve(keysHere))
      if (waiting.length === 0) return
      await Promise.all(waiting.map((segment) => segment.deletes.prepare(keysHere)))
      // What came meanwhile is found here and now, or deletes without an end would be waited for.
      keysHere = Number.POSITIVE_INFINITY
    }
  }

  isLoaded(partitionId: bigint): boolean {
    return this.#loadedPartitions.has(partitionId)
  }

  /** When it fails, what was not loaded before is not. */
  async load(partitionIds: readonly bigint[], schema: CollectionSchema): Promise<void> {
    const fields = denseVectorsOf(schema)
    try {
      for (const segment of this.in(partitionIds)) {
        await segment.load(fields)
        this.#loadedAhead.add(segment.record.segmentId)
      }
      for (const partitionId of partitionIds) this.#loadedPartitions.add(partitionId)
    } catch (error) {
      this.#unloadUnused(partitionIds)
      throw error
    } finally {
      this.#loadedAhead.clear()
    }
  }

  /** How many of the partitions' rows are in memory, also while the others are being read. */
  loadProgress(partitionIds: readonly bigint[]): LoadProgress {
    const segments = this.in(partitionIds)
    const ready = segments.filter(
      ({ record }) => this.isLoaded(record.partitionId) || this.#loadedAhead.has(record.segmentId),
    )
    return { readyRows: rowsOf(ready), rowCount: rowsOf(segments) }
  }

  release(partitionIds: readonly bigint[]): void {
    this.forgetLoaded(partitionIds)
    for (const segment of this.in(partitionIds)) segment.unload()
  }

  forgetLoaded(partitionIds: readonly bigint[]): void {
    for (const partitionId of partitionIds) this.#loadedPartitions.delete(partitionId)
  }

  withId(segmentId: bigint): SealedSegment | undefined {
    return this.#segments.get(segmentId)
  }

  #unloadUnused(partitionIds: readonly bigint[]): void {
    for (const segment of this.in(partitionIds)) {
      if (!this.isLoaded(segment.record.partitionId)) segment.unload()
    }
  }

  /** The vectors, by segment, of those among new segments whose partition is loaded. */
  async loadAhead(
    records: readonly SegmentRecord[],
    schema: CollectionSchema,
  ): Promise<Map<bigint, ResidentVectors>> {
    const dense = denseVectorsOf(schema)
    const vectors = new Map<bigint, ResidentVectors>()
    await releasingOnError(vectors, async () => {
      for (const record of records) {
        if (!this.isLoaded(record.partitionId)) continue
        const inFile = new Set(record.file.columns.map(({ fieldId }) => fieldId))
        const fields = dense.filter(({ fieldId }) => inFile.has(fieldId))
        vectors.set(record.segmentId, await this.#readVectors(record, fields))
      }
    })
    return vectors
  }

  async #readVectors(record: SegmentRecord, fields: readonly Field[]): Promise<ResidentVectors> {
    const path = this.#context.directory.segmentPath(record.segmentId)
    const reader = await SegmentReader.open(path, record.file)
    try {
      return await ResidentVectors.read(this.#context, reader, fields, record)
    } finally {
      await reader.close()
    }
  }
}

function rowsOf(segments: readonly SealedSegment[]): number {
  return segments.reduce((sum, { rowCount }) => sum + rowCount, 0)
}

/** The rows of so many keys are found before a thread was asked and has answered. */
const deletedKeysHere = 1000

export async function releasingOnError(
  vectors: ReadonlyMap<bigint, ResidentVectors>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    for (const each of vectors.values()) each.users.release()
    throw error
  }
}

export function deletionEdit(segmentId: bigint, deleted: Uint8Array): Edit {
  return { table: 'deletions', key: keyFromId(segmentId), bytes: deleted }
}

function denseVectorsOf({ fields }: CollectionSchema): Field[] {
  return fields.filter(({ dataType }) => isDenseVectorType(dataType))
}
