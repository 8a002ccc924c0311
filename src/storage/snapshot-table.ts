import type { CapturedSegment } from './capture-rows.js'
import type { CollectionRecord, SegmentRecord } from './records.js'
import { type Edit, keyFromId, type Store } from './store.js'

/** A snapshot without its segments, which lie beside it in the store. */
export interface SnapshotRecord {
  readonly snapshotId: bigint
  /** No other snapshot of the collection has it. */
  readonly name: string
  readonly description: string
  /** As it was: schema, partitions, indexes, properties. */
  readonly collection: CollectionRecord
  readonly createdTimestamp: bigint
}

/** Keeps a snapshot from being dropped. */
interface SnapshotPin {
  readonly pinId: bigint
  readonly snapshotId: bigint
  /** It counts until then. */
  readonly expiresTimestamp: bigint
}

/** The snapshots and their pins: in memory for reading, in the store for good. */
export class SnapshotTable {
  readonly #store: Store
  readonly #snapshots = new Map<bigint, SnapshotRecord>()
  readonly #pins = new Map<bigint, SnapshotPin>()

  constructor(store: Store) {
    this.#store = store
    for (const record of store.values<SnapshotRecord>('snapshots')) {
      this.#snapshots.set(record.snapshotId, record)
    }
    for (const pin of store.values<SnapshotPin>('snapshotPins')) this.#pins.set(pin.pinId, pin)
  }

  all(): SnapshotRecord[] {
    return [...this.#snapshots.values()]
  }

  has(snapshotId: bigint): boolean {
    return this.#snapshots.has(snapshotId)
  }

  /** In the order in which they were made. */
  of(collectionId: bigint): SnapshotRecord[] {
    return this.all().filter(({ collection }) => collection.collectionId === collectionId)
  }

  find(collectionId: bigint, name: string): SnapshotRecord | undefined {
    return this.of(collectionId).find((record) => record.name === name)
  }

  segments(snapshotId: bigint): CapturedSegment[] {
    const prefix = [keyFromId(snapshotId)]
    return [...this.#store.keysUnder('snapshotSegments', prefix)].map((key) => {
      const deleted = this.#store.getBytes('snapshotDeletions', key)
      const record = this.#store.get<SegmentRecord>('snapshotSegments', key)!
      return { record, deleted: deleted ? Uint8Array.from(deleted) : null }
    })
  }

  /** Adds a snapshot with its segments, in one transaction. */
  async put(record: SnapshotRecord, segments: readonly CapturedSegment[]): Promise<void> {
    const { snapshotId } = record
    await this.#store.commit([
      { table: 'snapshots', key: keyFromId(snapshotId), value: record },
      ...segments.flatMap((segment) => segmentEdits(snapshotId, segment)),
    ])
    this.#snapshots.set(snapshotId, record)
  }

  /** Drops snapshots with all that they have, in one transaction. */
  async drop(records: readonly SnapshotRecord[]): Promise<void> {
    const ids = new Set(records.map(({ snapshotId }) => snapshotId))
    const pins = [...this.#pins.values()].filter(({ snapshotId }) => ids.has(snapshotId))
    const edits = [...ids].flatMap((snapshotId) => this.#removalEdits(snapshotId))
    await this.#store.commit([...edits, ...pins.map(unpinEdit)])
    for (const snapshotId of ids) this.#snapshots.delete(snapshotId)
    for (const { pinId } of pins) this.#pins.delete(pinId)
  }

  isPinned(snapshotId: bigint, timestamp: bigint): boolean {
    return [...this.#pins.values()].some(
      (pin) => pin.snapshotId === snapshotId && pin.expiresTimestamp > timestamp,
    )
  }

  async pin(pin: SnapshotPin): Promise<void> {
    await this.#store.commit([{ table: 'snapshotPins', key: keyFromId(pin.pinId), value: pin }])
    this.#pins.set(pin.pinId, pin)
  }

  async unpin(pinId: bigint): Promise<void> {
    const pin = this.#pins.get(pinId)
    if (!pin) return
    await this.#store.commit([unpinEdit(pin)])
    this.#pins.delete(pinId)
  }

  #removalEdits(snapshotId: bigint): Edit[] {
    const keys = [...this.#store.keysUnder('snapshotSegments', [keyFromId(snapshotId)])]
    return [
      { table: 'snapshots', key: keyFromId(snapshotId), remove: true },
      ...keys.flatMap((key): Edit[] => [
        { table: 'snapshotSegments', key, remove: true },
        { table: 'snapshotDeletions', key, remove: true },
      ]),
    ]
  }
}

function segmentEdits(snapshotId: bigint, { record, deleted }: CapturedSegment): Edit[] {
  const key = [keyFromId(snapshotId), keyFromId(record.segmentId)]
  const segment: Edit = { table: 'snapshotSegments', key, value: record }
  return deleted ? [segment, { table: 'snapshotDeletions', key, bytes: deleted }] : [segment]
}

function unpinEdit({ pinId }: SnapshotPin): Edit {
  return { table: 'snapshotPins', key: keyFromId(pinId), remove: true }
}
