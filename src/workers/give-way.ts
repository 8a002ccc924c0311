/** What a thread pauses by, `GivingWay` in those of the pool. */
interface Pauses {
  giveWay(): void
}

/**
 * A place where long work may pause for short work: between two pieces of what takes a millisecond or so, however deep
 * below the job. Where nothing was said by `pauseBy`, nobody pauses: in the main thread and those of the interactive
 * lane. It costs some 50 ns, and must not be called by whoever holds what short work may need.
 */
export function giveWay(): void {
  pauses?.giveWay()
}

/** How this thread pauses; null: not at all. */
export function pauseBy(own: Pauses | null): void {
  pauses = own
}

let pauses: Pauses | null = null
