import { createInterface } from 'node:readline/promises'

/**
 * Asks in the terminal; the answer is in lower case, without spaces around it.
 * @returns null where the user pressed Ctrl-C, or the signal came first
 */
export async function ask(question: string, signal?: AbortSignal): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const stop = new AbortController()
  const onStop = () => stop.abort()
  lines.once('SIGINT', onStop)
  lines.once('close', onStop)
  signal?.addEventListener('abort', onStop)
  try {
    return (await lines.question(question, { signal: stop.signal })).trim().toLowerCase()
  } catch {
    process.stdout.write('\n')
    return null
  } finally {
    signal?.removeEventListener('abort', onStop)
    lines.close()
  }
}
