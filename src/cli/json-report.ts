import { hasEnded, type ImportJob } from '../client/import-job.js'
import { dataTypeName } from '../schema/data-type.js'
import type { PlannedCollection } from './database.js'
import { exitCodeOf } from './exit-code.js'
import type { ImportOutcome, ImportReport } from './import-report.js'

/** An object a line: events, and a `result` at the end. */
export const jsonReport: ImportReport = {
  isInteractive: false,
  schema: ({ name, fields, metrics }: PlannedCollection, from) =>
    write('schema', {
      collectionName: name,
      from,
      fields: fields.map(({ dataType, elementType, ...field }) => ({
        ...field,
        dataType: dataTypeName(dataType),
        elementType: elementType && dataTypeName(elementType),
        metric: metrics.get(field.name),
      })),
    }),
  upload: (file, bytesDone, bytesTotal) => write('upload', { file, bytesDone, bytesTotal }),
  started: (jobId, database) => write('started', { jobId, database }),
  progress: (job) => {
    if (!hasEnded(job)) write('progress', progressMembers(job))
  },
  note: (message) => write('note', { message }),
  pause: () => {},
  resume: () => {},
  ended: (outcome: ImportOutcome) => {
    const { state: result, seconds, rejectsFile, hint, job } = outcome
    const exitCode = exitCodeOf(outcome)
    write('result', { result, exitCode, seconds, rejectsFile, hint, ...job })
  },
}

/** What changes while it runs. */
function progressMembers(job: ImportJob): object {
  const { jobId, state, phase, progress, importedRows, totalRows, fileSize, files } = job
  const { bytesRead, rowsRead, bytesPerSecond, rowsPerSecond, remainingSeconds } = job
  const counts = { bytesRead, rowsRead, importedRows, totalRows, fileSize }
  const speed = { bytesPerSecond, rowsPerSecond, remainingSeconds }
  return { jobId, state, phase, progress, ...counts, ...speed, files }
}

function write(event: string, members: object): void {
  process.stdout.write(`${JSON.stringify({ event, ...members })}\n`)
}
