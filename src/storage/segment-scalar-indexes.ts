import { openBoxTree } from '../indexes/scalar/box-tree.js'
import { openValueIndex } from '../indexes/scalar/value-index.js'
import { DataType } from '../schema/data-type.js'
import { readIndex } from './index-files.js'
import type { BuiltIndex, SegmentRecord } from './records.js'
import type { RowsContext } from './rows-context.js'
import type { ScalarIndexOfSegment, SpatialIndexOfSegment } from './snapshot.js'
import { wantedIndexes } from './wanted-indexes.js'

/** What the file of an index over scalar values is opened as. */
type OpenedIndex = ScalarIndexOfSegment | SpatialIndexOfSegment

/** A sealed segment's indexes over scalar values: opened when they are asked for, and kept until forgotten. */
export class SegmentScalarIndexes {
  readonly #context: RowsContext
  readonly #opened = new Map<bigint, Promise<OpenedIndex | null>>()

  constructor(context: RowsContext) {
    this.#context = context
  }

  /** Those that are built and can be read, over values of these fields. */
  async on(record: SegmentRecord, fieldIds: readonly number[]): Promise<OpenedIndex[]> {
    const built = record.indexes.filter(
      ({ fieldId, indexId }) =>
        fieldIds.includes(fieldId) && hasReadableIndex(this.#context, record, indexId),
    )
    const opened = await Promise.all(built.map((index) => this.#index(record, index)))
    return opened.filter((index) => index !== null)
  }

  /** Forgets those that the segment does not have any more. */
  keepOnly({ indexes }: SegmentRecord): void {
    const ids = new Set(indexes.map(({ indexId }) => indexId))
    for (const indexId of this.#opened.keys()) {
      if (!ids.has(indexId)) this.#opened.delete(indexId)
    }
  }

  forget(): void {
    this.#opened.clear()
  }

  #index(record: SegmentRecord, built: BuiltIndex): Promise<OpenedIndex | null> {
    const known = this.#opened.get(built.indexId)
    if (known) return known
    const index = this.#open(record, built)
    this.#opened.set(built.indexId, index)
    return index
  }

  /** One that cannot be read is built anew; until then the rows are looked at. */
  async #open(
    { segmentId, collectionId }: SegmentRecord,
    built: BuiltIndex,
  ): Promise<OpenedIndex | null> {
    const { indexId, fieldId, byteLength } = built
    const collection = this.#context.catalog.collection(collectionId)
    const wanted = collection && wantedIndexes(collection).find((each) => each.indexId === indexId)
    if (wanted?.kind !== 'scalar') return null
    const bytes = new Uint8Array(new SharedArrayBuffer(byteLength))
    try {
      await readIndex(this.#context, segmentId, built, bytes)
      if (wanted.field.dataType === DataType.Geometry) return { fieldId, boxes: openBoxTree(bytes) }
      return { fieldId, json: wanted.json, values: openValueIndex(bytes) }
    } catch (error) {
      this.#opened.delete(indexId)
      this.#context.builder.noteDamaged(segmentId, indexId, error)
      return null
    }
  }
}

/** Whether a segment has an index, and nobody found it damaged. */
export function hasReadableIndex(
  { builder }: RowsContext,
  { segmentId, indexes }: SegmentRecord,
  indexId: bigint,
): boolean {
  const isThere = indexes.some((index) => index.indexId === indexId)
  return isThere && !builder.isDamaged(segmentId, indexId)
}
