import type { RestoreDescription } from '../../engines/snapshots.js'
import { MillraceError } from '../../errors.js'
import type { MessageInput } from '../../wire/codec.js'
import { RestoreSnapshotState } from '../../wire/generated/messages.js'
import type { Handlers } from './call.js'
import { physicalMs } from './hybrid-time.js'

export const snapshotHandlers = {
  async CreateSnapshot({ engine, dbName }, request) {
    const { collection_name, name, description, compaction_protection_seconds } = request
    const protectedSeconds = Number(compaction_protection_seconds)
    const snapshot = { dbName, collectionName: collection_name, name }
    await engine.snapshots.create({ ...snapshot, description, protectedSeconds })
    return undefined
  },

  async DropSnapshot({ engine, dbName }, { collection_name, name }) {
    checkNamed('drop snapshot', collection_name)
    await engine.snapshots.drop({ dbName, collectionName: collection_name, name })
    return undefined
  },

  ListSnapshots({ engine, dbName }, { collection_name }) {
    checkNamed('ListSnapshots', collection_name)
    return { snapshots: engine.snapshots.list(dbName, collection_name) }
  },

  DescribeSnapshot({ engine, dbName }, { collection_name, name }) {
    checkNamed('describe snapshot', collection_name)
    const found = engine.snapshots.describe({ dbName, collectionName: collection_name, name })
    return {
      name: found.name,
      description: found.description,
      collection_name: found.collectionName,
      partition_names: [...found.partitionNames],
      create_ts: physicalMs(found.createdTimestamp),
      s3_location: found.location,
    }
  },

  async RestoreSnapshot({ engine, dbName }, request) {
    const { collection_name, name, target_db_name, target_collection_name } = request
    checkNamed('restore snapshot', collection_name)
    checkNamed('restore snapshot', target_collection_name, 'target_collection_name')
    const snapshot = { dbName, collectionName: collection_name, name }
    const targetDbName = target_db_name || dbName
    return {
      job_id: await engine.snapshots.restore(snapshot, targetDbName, target_collection_name),
    }
  },

  GetRestoreSnapshotState({ engine }, { job_id }) {
    return { info: restoreMessage(engine.snapshots.restoreJob(job_id)) }
  },

  ListRestoreSnapshotJobs({ engine, dbName }, { collection_name }) {
    return { jobs: engine.snapshots.restoreJobs(dbName, collection_name).map(restoreMessage) }
  },

  async PinSnapshotData({ engine, dbName }, { collection_name, name, ttl_seconds }) {
    checkNamed('pin snapshot data', collection_name)
    const snapshot = { dbName, collectionName: collection_name, name }
    return { pin_id: await engine.snapshots.pin(snapshot, Number(ttl_seconds)) }
  },

  async UnpinSnapshotData({ engine }, { pin_id }) {
    if (pin_id === 0n) throw missing('unpin snapshot data', 'pin_id')
    await engine.snapshots.unpin(pin_id)
    return undefined
  },
} satisfies Handlers

/** @throws parameterMissing, as Milvus does before it looks for anything */
function checkNamed(work: string, name: string, parameter = 'collection_name'): void {
  if (name === '') throw missing(work, parameter)
}

function missing(work: string, parameter: string): MillraceError {
  return new MillraceError('parameterMissing', `${parameter} is required for ${work}`)
}

function restoreMessage(job: RestoreDescription): MessageInput<'RestoreSnapshotInfo'> {
  const startMs = physicalMs(job.startedTimestamp)
  return {
    job_id: job.jobId,
    snapshot_name: job.snapshotName,
    db_name: job.dbName,
    collection_name: job.collectionName,
    state: RestoreSnapshotState.RestoreSnapshotCompleted,
    progress: 100,
    start_time: startMs,
    time_cost: physicalMs(job.endedTimestamp) - startMs,
  }
}
