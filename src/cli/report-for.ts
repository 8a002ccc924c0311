import type { ImportReport } from './import-report.js'
import { jsonReport } from './json-report.js'
import { PlainReport } from './plain-report.js'
import { TerminalReport } from './terminal-report.js'

/** Objects where they are asked for, bars in a terminal, else plain lines. */
export function reportFor({ isJson }: { readonly isJson: boolean }): ImportReport {
  if (isJson) return jsonReport
  return process.stdout.isTTY ? new TerminalReport() : new PlainReport()
}
