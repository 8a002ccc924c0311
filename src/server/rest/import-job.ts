import type { Engine, ImportProgress } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'

/**
 * The job that an id in a request means.
 * @throws parameterInvalid for what is no number, importSystemFailed for a job that is not there
 */
export function importJob(engine: Engine, jobId: string): ImportProgress {
  const taskId = jobIdFrom(jobId)
  try {
    return engine.imports.task(taskId)
  } catch (error) {
    if (!(error instanceof MillraceError && error.kind === 'keyNotFound')) throw error
    // Milvus: 2100 up to 2.6.
    throw new MillraceError(
      'importSystemFailed',
      `import job does not exist, jobID=${jobId}`,
      {},
      error,
    )
  }
}

/** @throws parameterInvalid for what is no number */
export function jobIdFrom(text: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text)
  throw new MillraceError(
    'parameterInvalid',
    `parse job id failed: expected a whole number, got ${JSON.stringify(text)}`,
  )
}
