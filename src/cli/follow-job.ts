import { setTimeout as delay } from 'node:timers/promises'
import { hasEnded, type ImportJob } from '../client/import-job.js'
import { MilvusException } from '../client/milvus-exception.js'
import { errorKinds } from '../errors.js'
import type { Database } from './database.js'
import type { ImportOutcome, ImportReport } from './import-report.js'
import { onCtrlC } from './on-ctrl-c.js'

const firstPauseMs = 10
const longestPauseMs = 250
/** A server that starts again goes on with its imports. */
const absentMsMax = 60_000
/** What --detach waits for an import to begin. */
const pendingMsMax = 2_000

interface Followed {
  /** As it was last seen. */
  readonly job: ImportJob
  readonly state: ImportOutcome['state']
}

/**
 * Follows a job until it has ended, waits for a commit, or the user lets go of it.
 * @param isDetached no longer than until its files are found, or it waits for others
 */
export async function followJob(
  database: Pick<Database, 'name' | 'describeImport' | 'cancelImport'>,
  jobId: string,
  report: ImportReport,
  isDetached = false,
): Promise<Followed> {
  const detached = new AbortController()
  let isCancelled = false
  const release = onCtrlC(report, {
    cancel: async () => {
      isCancelled = true
      // It may have ended meanwhile.
      await database.cancelImport(jobId).catch((error) => report.note(error.message))
    },
    detach: () => detached.abort(),
  })
  try {
    report.started(jobId, database.name)
    const isEnough = isDetached ? runsOrWaits() : () => false
    const job = await lookUntilEnd(database, jobId, report, detached.signal, isEnough)
    const state = stateOf(job, isCancelled)
    return { job, state: isDetached && state === 'detached' ? 'running' : state }
  } finally {
    release()
  }
}

function stateOf({ state }: ImportJob, isCancelled: boolean): ImportOutcome['state'] {
  if (state === 'Completed') return 'done'
  if (state !== 'Failed') return 'detached'
  return isCancelled ? 'cancelled' : 'failed'
}

/** A job that has read a byte has found all of its files; one that waits for others is not waited for. */
function runsOrWaits(): (job: ImportJob) => boolean {
  const untilMs = performance.now() + pendingMsMax
  return ({ state, bytesRead }) => {
    if (state === 'Failed') return false
    return (bytesRead ?? 0) > 0 || performance.now() > untilMs
  }
}

async function lookUntilEnd(
  database: Pick<Database, 'describeImport'>,
  jobId: string,
  report: ImportReport,
  detached: AbortSignal,
  isEnough: (job: ImportJob) => boolean,
): Promise<ImportJob> {
  let pauseMs = firstPauseMs
  let job: ImportJob | null = null
  while (true) {
    const seen = await describeWhenThere(database, jobId, report, job === null)
    // The server goes on with it when it starts again.
    if (seen === null) return job!
    job = seen
    report.progress(job)
    if (isEnough(job)) return job
    if (hasEnded(job) || job.state === 'Uncommitted' || detached.aborted) return job
    await delay(pauseMs, undefined, { signal: detached }).catch(() => {})
    pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)
  }
}

/** @returns null where the server stays away; the first time, that is thrown */
async function describeWhenThere(
  database: Pick<Database, 'describeImport'>,
  jobId: string,
  report: ImportReport,
  isThrown: boolean,
): Promise<ImportJob | null> {
  const untilMs = performance.now() + absentMsMax
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await database.describeImport(jobId)
    } catch (error) {
      if (!isUnreachable(error)) throw error
      if (performance.now() > untilMs) {
        if (isThrown) throw error
        report.note(`${(error as Error).message}; it goes on with the import when it starts again`)
        return null
      }
      if (isFirst) report.note(`${(error as Error).message}; waiting for it`)
      await delay(longestPauseMs)
    }
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof MilvusException && error.code === errorKinds.serviceUnavailable.code
}
