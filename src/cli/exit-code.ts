import type { ImportOutcome } from './import-report.js'

/** What a shell is told. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  someRejected: 3,
  /** The import goes on without this command; as after a signal. */
  detached: 130,
} as const

export function exitCodeOf({ state, job }: ImportOutcome): number {
  if (state === 'detached') return exitCodes.detached
  if (state === 'running') return exitCodes.done
  if (state !== 'done') return exitCodes.failed
  return (job.rejectedRows ?? 0) > 0 ? exitCodes.someRejected : exitCodes.done
}
