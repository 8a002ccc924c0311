import { setTimeout as delay } from 'node:timers/promises'
import type { Engine, ImportProgress } from '../../engines/engine.js'
import { millraceErrorFrom } from '../../errors.js'
import { importJob } from './import-jobs.js'
import { jobDescription, jobEvent } from './job-description.js'
import { jsonText } from './json-text.js'
import { failure, type Reply } from './reply.js'

const lookMs = 200
/** Proxies end connections on which nothing moves. */
const heartbeatMs = 15_000

/**
 * A job's progress as server-sent events: `progress` when something has changed, and `done` or `failed` at
 * its end, with the job as `describe` gives it.
 * @param isServing false once the server is about to stop: a job may take longer than that
 */
export function importEvents(engine: Engine, jobId: string, isServing: () => boolean): Reply {
  try {
    const { taskId } = importJob(engine, jobId).task
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
    return { status: 200, body: eventsOf(engine, taskId, isServing), headers }
  } catch (thrown) {
    return failure(404, millraceErrorFrom(thrown))
  }
}

async function* eventsOf(
  engine: Engine,
  taskId: bigint,
  isServing: () => boolean,
): AsyncIterable<Uint8Array> {
  let told = ''
  let toldMs = performance.now()
  while (isServing()) {
    const job = engine.importTask(taskId)
    const event = eventText(job)
    if (event !== told) {
      yield Buffer.from(event)
      told = event
      toldMs = performance.now()
    } else if (performance.now() - toldMs >= heartbeatMs) {
      yield Buffer.from(': still there\n\n')
      toldMs = performance.now()
    }
    if (job.phase === 'completed' || job.phase === 'failed') return
    await delay(lookMs)
  }
}

function eventText(job: ImportProgress): string {
  switch (job.phase) {
    case 'completed':
      return textOf('done', jsonText(jobDescription(job)))
    case 'failed':
      return textOf('failed', jsonText(jobDescription(job)))
    default:
      return textOf('progress', jsonText(jobEvent(job)))
  }
}

function textOf(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`
}
