import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const endsWithinMs = 30_000

/** Imports the files of one case, to its end, and forgets it. */
export async function runCase(server, findings, fuzzCase) {
  const folder = String(fuzzCase.index)
  const path = join(server.importRoot, folder)
  mkdirSync(path)
  for (const { name, bytes } of fuzzCase.files) writeFileSync(join(path, name), bytes)
  try {
    const outcome = await outcomeOf(server, fuzzCase, folder)
    findings.countOutcome(outcome.state)
    if (outcome.what) findings.add(outcome.what, fuzzCase)
    if (!(await server.isHealthy())) findings.add('the server is not healthy afterwards', fuzzCase)
  } catch (error) {
    findings.add(server.isDead ? 'the server died' : String(error), fuzzCase)
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

async function outcomeOf(server, fuzzCase, folder) {
  const collectionName = await server.collectionFor(fuzzCase.fields)
  const files = [fuzzCase.files.map(({ name }) => `${folder}/${name}`)]
  const request = { collectionName, files, options: fuzzCase.options }
  const { jobId } = await server.post('/jobs/import/create', request)
  const { state, reason } = await endOf(server, jobId)
  if (state !== 'Completed' && state !== 'Failed') {
    await server.post('/jobs/import/cancel', { jobId })
    return { state: 'unended', what: `was ${state} after ${endsWithinMs} ms` }
  }
  await server.post('/jobs/import/delete', { jobId })
  return { state, what: state === 'Failed' && !isOurs(reason) ? `failed with: ${reason}` : null }
}

async function endOf(server, jobId) {
  const deadlineMs = Date.now() + endsWithinMs
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 100)) {
    const job = await server.post('/jobs/import/describe', { jobId })
    if (['Completed', 'Failed'].includes(job.state) || Date.now() > deadlineMs) return job
    await sleep(waitMs)
  }
}

/** Whether a reason is told by a reader, not by the language: that would be a bug that was caught by chance. */
function isOurs(reason) {
  return !/TypeError|RangeError|ReferenceError|Cannot (read|set|destructure|mix|convert)|undefined|\bNaN (bytes|rows)|is not (a function|iterable|defined)|(offset|source) is (out|outside)|outside the bounds|Invalid (array|typed|string|DataView)|worker|internal error/i.test(
    reason,
  )
}
