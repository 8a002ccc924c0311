export interface SnapshotName {
  readonly dbName: string
  /** Of the collection that it was taken of, as that is called now. */
  readonly collectionName: string
  readonly name: string
}

export interface NewSnapshot extends SnapshotName {
  readonly description: string
  /** How long compaction leaves alone what it has: a snapshot that has its own files needs none of it. */
  readonly protectedSeconds: number
}

export interface SnapshotDescription {
  readonly name: string
  readonly description: string
  readonly collectionName: string
  readonly partitionNames: readonly string[]
  readonly createdTimestamp: bigint
  /** Below the data directory. */
  readonly location: string
}

/** A restore that has ended well: it has no other end, and is not told of before. */
export interface RestoreDescription {
  readonly jobId: bigint
  readonly snapshotName: string
  /** Of the collection that it made, as that is called now. */
  readonly dbName: string
  readonly collectionName: string
  readonly startedTimestamp: bigint
  readonly endedTimestamp: bigint
}

/**
 * Collections as they were. All that name a collection throw collectionNotFound; all that name a snapshot
 * throw parameterInvalid for what is no name.
 */
export interface SnapshotCatalog {
  /** All that was written before is in it. @throws parameterInvalid where the collection has one of the name */
  create(snapshot: NewSnapshot): Promise<void>
  /** One that is not there is no error. @throws refused while it is pinned */
  drop(snapshot: SnapshotName): Promise<void>
  /** Their names, in the order in which they were made. */
  list(dbName: string, collectionName: string): string[]
  /** @throws keyNotFound */
  describe(snapshot: SnapshotName): SnapshotDescription
  /**
   * Makes a new collection of it, which is not loaded. It is there when this settles, whole or not at all.
   * @returns a job id
   * @throws keyNotFound, databaseNotFound, refused where the new name is taken
   */
  restore(snapshot: SnapshotName, dbName: string, collectionName: string): Promise<bigint>
  /** @throws importSystemFailed for one that is not known, or not any more */
  restoreJob(jobId: bigint): RestoreDescription
  /** Those into the database, and into the collection where one is named. */
  restoreJobs(dbName: string, collectionName: string): RestoreDescription[]
  /** Keeps it from being dropped. @returns a pin id. @throws keyNotFound */
  pin(snapshot: SnapshotName, seconds: number): Promise<bigint>
  /** One that is not there is no error. */
  unpin(pinId: bigint): Promise<void>
}
