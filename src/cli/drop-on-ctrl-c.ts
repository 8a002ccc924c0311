import type { Database } from './database.js'
import { exitCodes } from './exit-code.js'

/** What Ctrl-C means for a collection that was made for an import. */
export interface MadeCollection {
  /** While the import runs, Ctrl-C is its own. */
  isFollowed: boolean
  /** Ends this. */
  release(): void
}

/**
 * While no import runs, Ctrl-C ends the command; a collection that was made for it goes with it. Once more,
 * it ends at once.
 */
export function dropOnCtrlC(
  database: Pick<Database, 'dropCollection'>,
  collectionName: string,
): MadeCollection {
  let isDropping = false
  const onSignal = async (): Promise<void> => {
    if (made.isFollowed) return
    if (!isDropping) {
      isDropping = true
      // It may not be there yet.
      await database.dropCollection(collectionName).catch(() => {})
      process.stderr.write('cancelled: nothing was imported\n')
    }
    process.exit(exitCodes.detached)
  }
  const made: MadeCollection = {
    isFollowed: false,
    release: () => void process.off('SIGINT', onSignal),
  }
  process.on('SIGINT', onSignal)
  return made
}
