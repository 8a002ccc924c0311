import { MillraceError } from '../../errors.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { nameFault, validateName } from '../../schema/validate-name.js'
import type { CapturedRows } from '../../storage/capture-rows.js'
import { type RestoreRecord, RestoreTable } from '../../storage/restore-table.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { deletionEdit } from '../../storage/sealed-segments.js'
import { SnapshotFiles } from '../../storage/snapshot-files.js'
import { type SnapshotRecord, SnapshotTable } from '../../storage/snapshot-table.js'
import { timestampFromMs } from '../../storage/timestamp-oracle.js'
import { Serial } from '../../util/serial.js'
import type {
  NewSnapshot,
  RestoreDescription,
  SnapshotCatalog,
  SnapshotDescription,
  SnapshotName,
} from '../snapshots.js'
import type { Collections } from './collections.js'
import { restoredCollection } from './restored-collection.js'

/** Milvus: dataCoord.snapshot.maxCompactionProtectionSeconds. */
const protectedSecondsMax = 7 * 24 * 3600
/** Milvus: of a pin that does not say how long it is to be, and the most. */
const pinSeconds = { preset: 24 * 3600, most: 30 * 24 * 3600 }
const restoresKeptMs = 24 * 3_600_000

/** Changes come one after the other, so that no snapshot goes while it is restored. */
export class Snapshots implements SnapshotCatalog {
  readonly #context: RowsContext
  readonly #collections: Collections
  readonly #table: SnapshotTable
  readonly #restores: RestoreTable
  readonly #files: SnapshotFiles
  readonly #changes = new Serial()

  constructor(context: RowsContext, collections: Collections) {
    const { directory } = context
    this.#context = context
    this.#collections = collections
    this.#table = new SnapshotTable(directory.store)
    this.#restores = new RestoreTable(directory.store)
    this.#files = new SnapshotFiles(directory)
  }

  /** Removes files that a crash left behind. @returns the names of their directories */
  sweep(): string[] {
    return this.#files.sweep((snapshotId) => this.#table.has(snapshotId))
  }

  /** Drops those whose collection was dropped when a crash came between. */
  dropOrphans(): Promise<void> {
    const isOrphan = ({ collection }: SnapshotRecord) =>
      this.#collections.withId(collection.collectionId) === undefined
    return this.#changes.run(() => this.#drop(this.#table.all().filter(isOrphan)))
  }

  create(snapshot: NewSnapshot): Promise<void> {
    return this.#changes.run(async () => {
      checkSnapshotName(snapshot.name)
      checkProtection(snapshot.protectedSeconds)
      const { record, rows } = this.#open(snapshot)
      if (this.#table.find(record.collectionId, snapshot.name)) {
        throw invalidParameter(`snapshot name ${snapshot.name} already exists`)
      }
      await rows.capture((captured) => this.#keep(snapshot, captured))
    })
  }

  async #keep(
    { name, description }: NewSnapshot,
    { collection, segments }: CapturedRows,
  ): Promise<void> {
    const snapshotId = this.#context.oracle.next()
    const createdTimestamp = snapshotId
    try {
      const records = segments.map(({ record }) => record)
      await this.#files.keep(snapshotId, records)
      const record = { snapshotId, name, description, collection, createdTimestamp }
      await this.#table.put(record, segments)
    } catch (error) {
      await this.#files.drop(snapshotId)
      throw error
    }
  }

  drop(snapshot: SnapshotName): Promise<void> {
    return this.#changes.run(async () => {
      checkSnapshotName(snapshot.name)
      const record = this.#table.find(this.#open(snapshot).record.collectionId, snapshot.name)
      if (!record) return
      if (this.#table.isPinned(record.snapshotId, this.#context.oracle.next())) {
        throw new MillraceError('refused', `snapshot is pinned[snapshot=${snapshot.name}]`)
      }
      await this.#drop([record])
    })
  }

  /** Milvus: the snapshots of a collection go with it. */
  dropOf(collectionId: bigint): Promise<void> {
    return this.#changes.run(() => this.#drop(this.#table.of(collectionId)))
  }

  list(dbName: string, collectionName: string): string[] {
    const { collectionId } = this.#collections.named(dbName, collectionName).record
    return this.#table.of(collectionId).map(({ name }) => name)
  }

  describe(snapshot: SnapshotName): SnapshotDescription {
    const { snapshotId, name, description, collection, createdTimestamp } = this.#named(snapshot)
    return {
      name,
      description,
      collectionName: this.#open(snapshot).record.schema.name,
      partitionNames: collection.partitions.map((partition) => partition.name),
      createdTimestamp,
      location: `snapshots/${snapshotId}`,
    }
  }

  restore(snapshot: SnapshotName, dbName: string, collectionName: string): Promise<bigint> {
    return this.#changes.run(async () => {
      const { snapshotId, name, collection } = this.#named(snapshot)
      validateName('collection', collectionName)
      this.#context.catalog.databases.named(dbName)
      this.#collections.checkFree(dbName, collectionName)
      const { oracle } = this.#context
      const target = { dbName, collectionName }
      const startedTimestamp = oracle.next()
      const captured = this.#table.segments(snapshotId)
      const restored = restoredCollection(collection, captured, target, oracle)
      const { collectionId } = restored.collection
      const begun = { jobId: oracle.next(), snapshotName: name, ...target, collectionId }
      await this.#restore(snapshotId, restored, { ...begun, startedTimestamp })
      return begun.jobId
    })
  }

  async #restore(
    snapshotId: bigint,
    { collection, segments }: ReturnType<typeof restoredCollection>,
    begun: Omit<RestoreRecord, 'endedTimestamp'>,
  ): Promise<void> {
    const { oracle, directory } = this.#context
    const records = segments.map(({ record }) => record)
    const deletions = segments.flatMap(({ record, deleted }) =>
      deleted ? [deletionEdit(record.segmentId, deleted)] : [],
    )
    try {
      await this.#files.restore(snapshotId, segments)
      const endedTimestamp = oracle.next()
      const oldestTimestamp = endedTimestamp - timestampFromMs(restoresKeptMs)
      await this.#restores.put({ ...begun, endedTimestamp }, oldestTimestamp, (edits) =>
        this.#collections.adopt(collection, records, [...deletions, ...edits]),
      )
    } catch (error) {
      for (const { segmentId } of records) directory.removeSegment(segmentId)
      await directory.removed()
      throw error
    }
  }

  restoreJob(jobId: bigint): RestoreDescription {
    const record = this.#restores.find(jobId)
    if (record) return this.#asItIsCalled(record)
    throw new MillraceError('importSystemFailed', `restore job not found: jobID=${jobId}`)
  }

  restoreJobs(dbName: string, collectionName: string): RestoreDescription[] {
    const collectionId =
      collectionName && this.#collections.named(dbName, collectionName).record.collectionId
    return this.#restores
      .all()
      .filter((record) => !collectionId || record.collectionId === collectionId)
      .map((record) => this.#asItIsCalled(record))
      .filter((job) => job.dbName === dbName)
  }

  pin(snapshot: SnapshotName, seconds: number): Promise<bigint> {
    return this.#changes.run(async () => {
      const { snapshotId } = this.#named(snapshot)
      if (seconds < 0 || seconds > pinSeconds.most) {
        throw invalidParameter(
          `ttl_seconds: expected 0 to ${pinSeconds.most} (30 days), got ${seconds}`,
        )
      }
      const pinId = this.#context.oracle.next()
      const lengthMs = (seconds || pinSeconds.preset) * 1000
      const expiresTimestamp = pinId + timestampFromMs(lengthMs)
      await this.#table.pin({ pinId, snapshotId, expiresTimestamp })
      return pinId
    })
  }

  unpin(pinId: bigint): Promise<void> {
    return this.#changes.run(() => this.#table.unpin(pinId))
  }

  /** Settles when no change is under way. */
  close(): Promise<void> {
    return this.#changes.idle()
  }

  async #drop(records: readonly SnapshotRecord[]): Promise<void> {
    await this.#table.drop(records)
    for (const { snapshotId } of records) await this.#files.drop(snapshotId)
  }

  #open({ dbName, collectionName }: SnapshotName) {
    return this.#collections.named(dbName, collectionName)
  }

  #named(snapshot: SnapshotName): SnapshotRecord {
    checkSnapshotName(snapshot.name)
    const { collectionId } = this.#open(snapshot).record
    const record = this.#table.find(collectionId, snapshot.name)
    if (record) return record
    throw new MillraceError(
      'keyNotFound',
      `snapshot not found[snapshot=${snapshot.name}][collection=${snapshot.collectionName}]`,
    )
  }

  #asItIsCalled(record: RestoreRecord): RestoreDescription {
    const collection = this.#collections.withId(record.collectionId)?.record
    if (!collection) return record
    return { ...record, dbName: collection.dbName, collectionName: collection.schema.name }
  }
}

/** @throws parameterInvalid */
function checkSnapshotName(name: string): void {
  if (name.trim() === '') throw invalidParameter('snapshot name should be not empty')
  const fault = nameFault('snapshot name', name)
  if (fault) throw invalidParameter(`Invalid snapshot name: ${name}. ${fault}`)
}

function checkProtection(seconds: number): void {
  if (seconds >= 0 && seconds <= protectedSecondsMax) return
  throw invalidParameter(
    `compaction_protection_seconds: expected 0 to ${protectedSecondsMax}, got ${seconds}`,
  )
}
