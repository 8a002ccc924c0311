import { ask } from './ask.js'
import type { ImportReport } from './import-report.js'

interface Choices {
  cancel(): Promise<void>
  /** Leaves the import running. */
  detach(): void
}

/**
 * Ctrl-C asks what is meant; once more, or where nobody can be asked, it lets go of the import.
 * @returns what ends this
 */
export function onCtrlC(report: ImportReport, choices: Choices): () => void {
  let asking: AbortController | null = null
  const onSignal = async (): Promise<void> => {
    if (asking || !report.isInteractive || !process.stdin.isTTY) {
      asking?.abort()
      choices.detach()
      return
    }
    asking = new AbortController()
    report.pause()
    const answer = await ask(question, asking.signal)
    const wasEnded = asking.signal.aborted
    asking = null
    report.resume()
    if (wasEnded) return
    if (answer === null || answer === 'd') choices.detach()
    if (answer === 'c') await choices.cancel()
  }
  process.on('SIGINT', onSignal)
  return () => {
    asking?.abort()
    process.off('SIGINT', onSignal)
  }
}

const question =
  'Ctrl-C: [c]ancel the import, [d]etach and leave it running (or Ctrl-C again), Enter to go on: '
