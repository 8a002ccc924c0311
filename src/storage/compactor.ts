import { millraceErrorFrom } from '../errors.js'
import { Serial } from '../util/serial.js'

/** Rows whose segments are compacted. */
interface CompactedRows {
  /** Groups that are worth it. @param isAsked somebody asked for it */
  compactions(isAsked: boolean): Promise<readonly CompactionWork[]>
}

/** One group of segments that becomes one. */
interface CompactionWork {
  readonly sources: readonly bigint[]
  /** @returns the new segment; null: no row was left. @throws cancelled when a source was dropped */
  run(signal: AbortSignal): Promise<bigint | null>
}

/** A segment that was made of others. */
interface MergedSegment {
  readonly sources: readonly bigint[]
  /** null: no row was left. */
  readonly target: bigint | null
}

/** What somebody asked for, and how far it is. */
interface CompactionState {
  readonly executing: number
  readonly completed: number
  readonly failed: number
  readonly merged: readonly MergedSegment[]
}

/** Compactions that were asked for are told of for so many later ones. */
const remembered = 1024

/** Merges small segments and writes those anew that lost many rows, one group after the other. */
export class Compactor {
  readonly #onError: (error: unknown) => void
  readonly #serial = new Serial()
  readonly #abort = new AbortController()
  readonly #asked = new Set<CompactedRows>()
  readonly #states = new Map<bigint, CompactionState>()

  /** @param onError told when a group that nobody waits for failed; it is tried again later */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  /** Compacts what is worth it, in the background. */
  ask(rows: CompactedRows): void {
    if (this.#asked.has(rows) || this.#abort.signal.aborted) return
    this.#asked.add(rows)
    void this.#serial.run(async () => {
      this.#asked.delete(rows)
      if (this.#abort.signal.aborted) return
      try {
        for (const work of await rows.compactions(false)) await this.#run(work)
      } catch (error) {
        this.#tell(error)
      }
    })
  }

  /** As somebody asked, under an id. Settles when it is known what is to be done. */
  async start(compactionId: bigint, rows: CompactedRows): Promise<CompactionState> {
    const works = await rows.compactions(true)
    this.#remember(compactionId, { executing: works.length, completed: 0, failed: 0, merged: [] })
    for (const work of works) {
      void this.#serial.run(async () => {
        const ended = await this.#ended(work)
        const state = this.#states.get(compactionId)
        if (state) this.#states.set(compactionId, stateAfter(state, ended))
      })
    }
    return this.#states.get(compactionId)!
  }

  /** null: it failed. */
  async #ended(work: CompactionWork): Promise<MergedSegment | null> {
    try {
      return { sources: work.sources, target: await this.#run(work) }
    } catch (error) {
      this.#tell(error)
      return null
    }
  }

  /** undefined: nobody asked for it, or long ago. */
  state(compactionId: bigint): CompactionState | undefined {
    return this.#states.get(compactionId)
  }

  /** Stops what is under way and waits for its end. */
  async close(): Promise<void> {
    this.#abort.abort()
    await this.#serial.idle()
  }

  #run(work: CompactionWork): Promise<bigint | null> {
    return work.run(this.#abort.signal)
  }

  #remember(compactionId: bigint, state: CompactionState): void {
    this.#states.set(compactionId, state)
    const [oldest] = this.#states.keys()
    if (this.#states.size > remembered) this.#states.delete(oldest)
  }

  #tell(error: unknown): void {
    if (millraceErrorFrom(error).kind !== 'cancelled') this.#onError(error)
  }
}

function stateAfter(state: CompactionState, ended: MergedSegment | null): CompactionState {
  const executing = state.executing - 1
  if (ended === null) return { ...state, executing, failed: state.failed + 1 }
  return { ...state, executing, completed: state.completed + 1, merged: [...state.merged, ended] }
}
