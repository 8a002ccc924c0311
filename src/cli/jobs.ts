import { pipeline } from 'node:stream/promises'
import type { ImportJob } from '../client/import-job.js'
import { ImportJobs } from '../client/import-jobs.js'
import { RestClient } from '../client/rest-client.js'
import { exitCodeOf, exitCodes } from './exit-code.js'
import { failureHint } from './failure-hint.js'
import { followJob } from './follow-job.js'
import type { ImportOutcome } from './import-report.js'
import { fileLabel, placeLines, progressText } from './job-text.js'
import { bytesText, rowsText } from './number-text.js'
import { reportFor } from './report-for.js'
import { serverAddressFrom } from './server-address.js'
import { type ServerWords, serverPlaceFrom } from './server-place.js'

export interface JobsWords extends ServerWords {
  readonly collection?: string
  readonly json?: boolean
}

/** @returns the exit code, here and below */
export async function listJobs({ collection = '', ...words }: JobsWords): Promise<number> {
  const jobs = await jobsAt(words).list(collection)
  if (words.json) {
    for (const job of jobs) printJson(recordOf(job))
    return exitCodes.done
  }
  if (jobs.length === 0) print('no jobs')
  for (const { jobId, state, progress, collectionName, reason } of jobs) {
    print(
      `${jobId}  ${state.padEnd(11)} ${String(progress).padStart(3)} %  ${collectionName}  ${reason}`.trimEnd(),
    )
  }
  return exitCodes.done
}

export async function showJob(jobId: string, words: JobsWords): Promise<number> {
  const job = await jobsAt(words).describe(jobId)
  if (words.json) printJson(job)
  else for (const line of jobLines(job)) print(line)
  return exitCodes.done
}

export async function watchJob(jobId: string, words: JobsWords): Promise<number> {
  const jobs = jobsAt(words)
  const report = reportFor({ isJson: words.json ?? false })
  const database = {
    name: serverAddressFrom(words.address),
    describeImport: (id: string) => jobs.describe(id),
    cancelImport: (id: string) => jobs.cancel(id),
  }
  const { state, job } = await followJob(database, jobId, report)
  const outcome: ImportOutcome = {
    state,
    job,
    seconds: secondsOf(job),
    rejectsFile: null,
    hint: job.state === 'Failed' ? failureHint(job.reason, job) : rejectsHint(job),
  }
  report.ended(outcome)
  return exitCodeOf(outcome)
}

export async function cancelJob(jobId: string, words: JobsWords): Promise<number> {
  await jobsAt(words).cancel(jobId)
  if (words.json) printJson({ jobId, state: 'cancelled' })
  else print(`job ${jobId} is cancelled`)
  return exitCodes.done
}

export async function printRejects(jobId: string, words: JobsWords): Promise<number> {
  const rejects = jobsAt(words).rejects(jobId)
  await pipeline(rejects, process.stdout, { end: false })
  return exitCodes.done
}

function jobsAt(words: JobsWords): ImportJobs {
  const place = serverPlaceFrom(words, process.env)
  return new ImportJobs(new RestClient(place.address, place))
}

/** From the job's creation to its end, which are told in whole seconds. */
function secondsOf({ createTime, completeTime }: ImportJob): number {
  const ms = Date.parse(completeTime) - Date.parse(createTime)
  return Number.isNaN(ms) ? 0 : ms / 1000
}

function recordOf({ jobId, collectionName, state, progress, reason }: ImportJob): object {
  return { jobId, collectionName, state, progress, reason }
}

function rejectsHint({ jobId, rejectedRows }: ImportJob): string | null {
  if (!rejectedRows) return null
  return `${rowsText(rejectedRows)} left out: "millrace jobs rejects ${jobId}" prints them`
}

function jobLines(job: ImportJob): string[] {
  return [
    `job ${job.jobId}, into ${job.collectionName}, begun ${job.createTime}`,
    job.state === 'Failed' ? `failed: ${job.reason}` : progressText(job),
    ...placeLines(job),
    ...job.files.map(
      (file) =>
        `  ${file.state.padEnd(10)} ${bytesText(file.fileSize).padStart(9)}  ${rowsText(file.importedRows)}  ${fileLabel(file)}`,
    ),
    ...[rejectsHint(job) ?? []].flat(),
    ...job.warnings.map((warning) => `warning: ${warning}`),
  ]
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
