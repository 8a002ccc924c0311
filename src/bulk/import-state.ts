/** The states of an import task, by their numbers on the wire (`common.ImportState`). */
export const ImportState = {
  Pending: 0,
  Failed: 1,
  Started: 2,
  Persisted: 5,
  Completed: 6,
  FailedAndCleaned: 7,
} as const

export type ImportState = (typeof ImportState)[keyof typeof ImportState]

type ImportEvent = 'started' | 'persisted' | 'completed' | 'failed' | 'cleaned'

const transitions: Readonly<
  Record<ImportState, Readonly<Partial<Record<ImportEvent, ImportState>>>>
> = {
  [ImportState.Pending]: { started: ImportState.Started, failed: ImportState.Failed },
  // A task whose server died is begun again where it was.
  [ImportState.Started]: {
    started: ImportState.Started,
    persisted: ImportState.Persisted,
    failed: ImportState.Failed,
  },
  [ImportState.Persisted]: {
    started: ImportState.Persisted,
    completed: ImportState.Completed,
    failed: ImportState.Failed,
  },
  [ImportState.Completed]: {},
  [ImportState.Failed]: { cleaned: ImportState.FailedAndCleaned },
  [ImportState.FailedAndCleaned]: {},
}

/** @throws TypeError for an event that the state does not have: a fault of ours. */
export function nextState(state: ImportState, event: ImportEvent): ImportState {
  const next = transitions[state][event]
  if (next === undefined) throw new TypeError(`import task: no "${event}" in state ${state}`)
  return next
}

export function isFinished(state: ImportState): boolean {
  return (
    state === ImportState.Completed ||
    state === ImportState.Failed ||
    state === ImportState.FailedAndCleaned
  )
}
