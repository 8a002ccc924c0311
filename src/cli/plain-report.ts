import { hasEnded, type ImportJob } from '../client/import-job.js'
import type { PlannedCollection } from './database.js'
import type { ImportOutcome, ImportReport } from './import-report.js'
import { fileLabel, phaseOf, placeLines, progressText, resultText } from './job-text.js'
import { bytesText, rowsText } from './number-text.js'
import { schemaLines } from './schema-lines.js'

const everyMs = 2_000
const rejectsShownMax = 3

/** Plain lines, for a pipe or a log: one when something changes, and one every two seconds. */
export class PlainReport implements ImportReport {
  readonly isInteractive: boolean = false
  #phase = 'pending'
  #saidMs = performance.now()
  readonly #filesDone = new Set<number>()

  schema(collection: PlannedCollection, from: string): void {
    for (const line of schemaLines(collection, from)) this.say(line)
  }

  upload(file: string, bytesDone: number, bytesTotal: number): void {
    if (bytesDone < bytesTotal && performance.now() < this.#saidMs + everyMs) return
    this.#saidMs = performance.now()
    this.say(`uploading ${file}: ${bytesText(bytesDone)} of ${bytesText(bytesTotal)}`)
  }

  started(jobId: string, database: string): void {
    this.say(`job ${jobId} on ${database}`)
  }

  progress(job: ImportJob): void {
    if (job.state === 'Failed') return
    for (const [fileIndex, file] of job.files.entries()) {
      if (!isRead(file, job) || this.#filesDone.has(fileIndex)) continue
      this.#filesDone.add(fileIndex)
      this.say(`read ${fileLabel(file)}: ${rowsText(file.totalRows)}`)
    }
    if (hasEnded(job)) return
    const isNew = phaseOf(job) !== this.#phase
    if (!isNew && performance.now() < this.#saidMs + everyMs) return
    this.#phase = phaseOf(job)
    this.#saidMs = performance.now()
    this.say(progressText(job))
  }

  note(text: string): void {
    this.say(text)
  }

  pause(): void {}

  resume(): void {}

  ended({ state, job, seconds, rejectsFile, hint }: ImportOutcome): void {
    for (const warning of job.warnings) this.say(`warning: ${warning}`)
    if (state === 'done') this.say(resultText(job, seconds))
    else if (state === 'running') this.say(`job ${job.jobId} runs`)
    else complain([unfinishedText(state, job), ...placeLines(job)])
    if (rejectsFile !== null) {
      this.say(`${rowsText(job.rejectedRows ?? 0)} left out, written to ${rejectsFile}:`)
      for (const reject of job.rejects.slice(0, rejectsShownMax)) this.say(`  ${reject}`)
    }
    if (hint !== null) complain([`  hint   ${hint}`])
  }

  protected say(line: string): void {
    process.stdout.write(`${line}\n`)
  }
}

/** The rows of a file that tells no number of them are known once they are written. */
function isRead({ progress, totalRows }: ImportJob['files'][number], job: ImportJob): boolean {
  return hasEnded(job) || (progress >= 90 && totalRows > 0)
}

function unfinishedText(state: ImportOutcome['state'], job: ImportJob): string {
  if (state === 'failed') return `failed: ${job.reason}`
  if (state === 'cancelled') return 'cancelled: nothing of it was imported'
  return `left as it is: job ${job.jobId}, ${phaseOf(job)}`
}

function complain(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`)
}
