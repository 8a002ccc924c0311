import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

for (const [signal, code] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
  process.once(signal, () => process.exit(code))
}

/** Done when the program ends, also by a signal; what was asked for last comes first. */
export function atExit(work: () => void): void {
  process.prependListener('exit', work)
}

/** A new folder that is gone when the program ends. */
export function temporaryFolder(parent: string): string {
  const directory = mkdtempSync(join(parent, 'millrace-bench-'))
  atExit(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
