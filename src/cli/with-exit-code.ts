import { MilvusException } from '../client/milvus-exception.js'
import { MillraceError } from '../errors.js'
import { exitCodes } from './exit-code.js'
import { failureHint } from './failure-hint.js'

/** Runs a command, whose result is the exit code. A failure is told in a line, with what to do about it. */
export async function withExitCode(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work()
  } catch (error) {
    if (!isTold(error)) throw error
    const isUsage = error instanceof MillraceError && error.kind === 'parameterInvalid'
    process.exitCode = isUsage ? exitCodes.usage : exitCodes.failed
    process.stderr.write(`millrace: ${error.message}\n`)
    const hint = isUsage ? '--help shows the options' : failureHint(error.message)
    if (hint !== null) process.stderr.write(`  hint   ${hint}\n`)
  }
}

/** Others are faults of ours, which are told with their stack. */
function isTold(error: unknown): error is MillraceError | MilvusException {
  return (
    error instanceof MilvusException ||
    (error instanceof MillraceError && error.kind !== 'unexpected')
  )
}
