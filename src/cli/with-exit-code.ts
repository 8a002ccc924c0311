import { MilvusException } from '../client/milvus-exception.js'
import { MillraceError } from '../errors.js'
import { exitCodes } from './exit-code.js'
import { failureHint } from './failure-hint.js'
import { flagText } from './usage.js'

/** Runs a command, whose result is the exit code. A failure is told in a line, with what to do about it. */
export async function withExitCode(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work()
  } catch (error) {
    if (!isTold(error)) throw error
    const isUsage = isOfUsage(error)
    process.exitCode = isUsage ? exitCodes.usage : exitCodes.failed
    process.stderr.write(`millrace: ${flagText(error.message)}\n`)
    const hint = isUsage ? '--help shows the options' : failureHint(error.message)
    if (hint !== null) process.stderr.write(`  hint   ${hint}\n`)
  }
}

/** A server's refusal of an option is one of the command line's word for it. */
function isOfUsage(error: MillraceError | MilvusException): boolean {
  if (error instanceof MillraceError) return error.kind === 'parameterInvalid'
  return error.message.startsWith('import option ')
}

/** Others are faults of ours, which are told with their stack. */
function isTold(error: unknown): error is MillraceError | MilvusException {
  return (
    error instanceof MilvusException ||
    (error instanceof MillraceError && error.kind !== 'unexpected')
  )
}
