import { setTimeout as delay } from 'node:timers/promises'
import { isFinished } from '../../bulk/import-state.js'
import type { Engine } from '../../engines/engine.js'
import { importJob } from './import-job.js'
import { jobDescription } from './job-description.js'
import { jsonText } from './json-text.js'

const lookEveryMs = 200
/** Proxies end connections on which nothing moves. */
const quietMsMax = 15_000

/** The id of the job whose events a path means, or null. */
export function jobOfEventsPath(path: string): string | null {
  return /^\/v2\/jobs\/import\/([^/]+)\/events$/.exec(path)?.[1] ?? null
}

/**
 * A job's description as server-sent events, `progress` whenever it has changed, and a last one,
 * `done` or `failed`.
 * @param isOpen false once the server is about to stop
 * @throws as `importJob`, at once
 */
export function jobEvents(
  engine: Engine,
  jobId: string,
  isOpen: () => boolean,
): AsyncIterable<Uint8Array> {
  importJob(engine, jobId)
  return eventsOf(engine, jobId, isOpen)
}

async function* eventsOf(
  engine: Engine,
  jobId: string,
  isOpen: () => boolean,
): AsyncIterable<Uint8Array> {
  let sent = ''
  let quietMs = 0
  while (isOpen()) {
    const job = importJob(engine, jobId)
    const text = jsonText(jobDescription(job))
    if (isFinished(job.task.state)) {
      yield eventBytes(job.phase === 'completed' ? 'done' : 'failed', text)
      return
    }
    if (text !== sent) yield eventBytes('progress', text)
    else if (quietMs >= quietMsMax) yield Buffer.from(':\n\n')
    quietMs = text === sent && quietMs < quietMsMax ? quietMs + lookEveryMs : 0
    sent = text
    await delay(lookEveryMs)
  }
}

function eventBytes(name: string, data: string): Uint8Array {
  return Buffer.from(`event: ${name}\ndata: ${data}\n\n`)
}
