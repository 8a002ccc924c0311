import { execFileSync } from 'node:child_process'

/**
 * Imports the files into a new collection again and again, from a process of its own.
 * @param prefix what it is started by, where the server lies in another network namespace
 * @returns the seconds of each run: call → Completed
 */
export function secondsToImport(
  port: number,
  dim: number,
  runCount: number,
  files: readonly string[],
  prefix: readonly string[] = [],
): number[] {
  const command = [process.execPath, 'dist/bench/support/one-import.js']
  const [program, ...rest] = [...prefix, ...command, String(port), String(dim), String(runCount)]
  return JSON.parse(execFileSync(program, [...rest, ...files], { encoding: 'utf8' }))
}
