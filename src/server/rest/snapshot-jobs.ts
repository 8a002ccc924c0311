import type { RestoreDescription } from '../../engines/snapshots.js'
import { physicalMs } from '../grpc/hybrid-time.js'
import { jobIdFrom } from './import-job.js'
import { jobShape, jobsShape } from './import-jobs.js'
import type { JsonValue } from './json-text.js'
import { route, routeById } from './route.js'

export const describeRestoreJob = routeById(jobShape, (engine, { jobId }) =>
  restoreRecord(engine.snapshots.restoreJob(jobIdFrom(jobId))),
)

export const listRestoreJobs = route(jobsShape, (engine, { collectionName }, dbName) => ({
  records: engine.snapshots.restoreJobs(dbName, collectionName).map(restoreRecord),
}))

function restoreRecord(job: RestoreDescription): JsonValue {
  const startMs = physicalMs(job.startedTimestamp)
  return {
    jobId: String(job.jobId),
    snapshotName: job.snapshotName,
    dbName: job.dbName,
    collectionName: job.collectionName,
    state: 'RestoreSnapshotCompleted',
    progress: 100,
    reason: '',
    startTime: Number(startMs),
    timeCost: Number(physicalMs(job.endedTimestamp) - startMs),
  }
}
