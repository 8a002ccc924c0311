import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { atExit } from './at-exit.js'
import { warm } from './files.js'
import type { Served } from './load-client.js'
import { secondsToImport } from './time-imports.js'

export interface RealMilvus extends Served {
  /** Of the server's process. */
  readonly pid: number
  /** The seconds of each run, with the files in the page cache. */
  imports(paths: readonly string[], dim: number, runCount: number): number[]
  stop(): void
}

/**
 * Milvus 2.3.5 of the environment that MILLRACE_REAL_MILVUS_VENV names, in its own network namespace, since it
 * listens on every address. null: there is none, or it did not start.
 */
export function startRealMilvus(directory: string): RealMilvus | null {
  const venv = process.env.MILLRACE_REAL_MILVUS_VENV
  if (!venv) return null
  const data = mkdtempSync(join(directory, 'milvus-'))
  const env = { ...process.env, DATA: data, VENV: venv, NS: 'millrace-bench' }
  const milvus = (command: string) =>
    execFileSync('test/golden/milvus-server.sh', [command], { env, stdio: 'ignore' })
  let isRunning = true
  const stop = () => {
    if (isRunning) milvus('kill9')
    isRunning = false
  }
  atExit(stop)
  const prefix = ['ip', 'netns', 'exec', 'millrace-bench']
  try {
    milvus('start')
  } catch (error) {
    console.log(`Milvus 2.3.5 is not measured: ${String(error)}`)
    stop()
    return null
  }
  return {
    ...{ port: 19530, prefix, pid: Number(readFileSync(join(data, 'server.pid'), 'utf8')) },
    imports(paths, dim, runCount) {
      warm(paths)
      return secondsToImport(19530, dim, runCount, paths, prefix)
    },
    stop,
  }
}
