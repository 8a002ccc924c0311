import type { ImportJob } from '../client/import-job.js'
import { createCollection, planFrom } from './create-collection.js'
import type { Database } from './database.js'
import type { MadeCollection } from './drop-on-ctrl-c.js'
import { exitCodeOf, exitCodes } from './exit-code.js'
import { failureHint } from './failure-hint.js'
import { filesMeant, type MeantFile } from './files-meant.js'
import { followJob } from './follow-job.js'
import type { ImportOptions } from './import-options.js'
import type { ImportOutcome, ImportReport } from './import-report.js'
import { openDatabase } from './open-database.js'
import { reportFor } from './report-for.js'
import { type StagedFiles, stageByUpload, stageInPlace, userPathOf } from './stage-files.js'
import { writeRejects } from './write-rejects.js'

/** `millrace import`, from the files to the exit code. */
export async function importFiles(
  words: readonly string[],
  options: ImportOptions,
): Promise<number> {
  const groups = await filesMeant(words)
  const report = reportFor(options)
  const planned = await planFrom(groups, options, report)
  const database = await openDatabase(options, words)
  try {
    const isOurs = planned !== null
    const made = isOurs ? await createCollection(database, planned, options, report) : null
    if (isOurs && made === null) return exitCodes.failed
    let isKept = !isOurs
    try {
      const outcome = await importInto(database, groups, options, report, made)
      isKept ||= goesOn(outcome) || (outcome.state === 'done' && !options.isDryRun)
      report.ended(outcome)
      return exitCodeOf(outcome)
    } finally {
      made?.release()
      // Nothing is left of a collection that was made for what did not come about.
      if (!isKept) await database.dropCollection(options.collectionName)
    }
  } finally {
    await database.close()
  }
}

async function importInto(
  database: Database,
  groups: readonly (readonly MeantFile[])[],
  options: ImportOptions,
  report: ImportReport,
  made: MadeCollection | null,
): Promise<ImportOutcome> {
  const { upload } = database
  if (database.seesLocalFiles || upload === null) {
    const staged = stageInPlace(groups)
    const outcome = await runImport(database, staged, options, report, made)
    if (upload === null || !isUnseen(outcome, groups)) return outcome
    report.note(`${database.name} does not see the files, so they are uploaded`)
    await database.deleteImport(outcome.job.jobId)
  }
  const staged = await stageByUpload(groups, upload, report)
  const outcome = await runImport(database, staged, options, report, made)
  if (!goesOn(outcome)) await staged.remove()
  return outcome
}

/** Whether the import runs on without this command. */
function goesOn({ state }: Pick<ImportOutcome, 'state'>): boolean {
  return state === 'detached' || state === 'running'
}

/** Whether it failed since the database may not read a file that is here. */
function isUnseen(
  { state, job: { reason } }: ImportOutcome,
  groups: readonly (readonly MeantFile[])[],
): boolean {
  const isSaid = /outside of the import root|no such file|permission denied|in the server's data/i
  if (state !== 'failed' || !isSaid.test(reason)) return false
  return groups.flat().some(({ path, isLocal }) => isLocal && reason.includes(userPathOf(path)))
}

async function runImport(
  database: Database,
  staged: StagedFiles,
  options: ImportOptions,
  report: ImportReport,
  made: MadeCollection | null,
): Promise<ImportOutcome> {
  const beganMs = performance.now()
  const jobId = await database.createImport({ ...options, fileGroups: staged.fileGroups })
  if (made) made.isFollowed = true
  const { state, job } = await followJob(database, jobId, report, options.isDetached)
  if (made) made.isFollowed = false
  const seconds = (performance.now() - beganMs) / 1000
  const shown = shownJob(job, staged)
  const hasRejects = !goesOn({ state }) && (job.rejectedRows ?? 0) > 0
  const rejectsFile = hasRejects
    ? await writeRejects(database.importRejects(jobId), options.rejectsFile, staged.shown)
    : null
  const hint = hintFor(state, shown, database)
  return { state, job: shown, seconds, rejectsFile, hint }
}

function hintFor(
  state: ImportOutcome['state'],
  job: ImportJob,
  { name, upload }: Database,
): string | null {
  if (state === 'failed') return failureHint(job.reason, job)
  if (!goesOn({ state })) return null
  return upload === null
    ? `it goes on when ${name} is opened the next time, by "millrace serve" or "millrace import"`
    : `"millrace jobs watch ${job.jobId} --address ${name}" follows it, "jobs cancel" ends it`
}

/** A job's words, with the files named as the user knows them. */
function shownJob(job: ImportJob, { shown }: StagedFiles): ImportJob {
  return {
    ...job,
    reason: shown(job.reason),
    failedFile: job.failedFile && shown(job.failedFile),
    warnings: job.warnings.map(shown),
    rejects: job.rejects.map(shown),
    errors: job.errors.map((error) => ({ ...error, file: shown(error.file) })),
    files: job.files.map((file) => ({ ...file, fileName: shown(file.fileName) })),
  }
}
