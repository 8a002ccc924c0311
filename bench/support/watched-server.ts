import { join } from 'node:path'
import { type BenchServer, freePort, startMillrace } from './millrace-server.js'
import type { WatchedStalls } from './stall-watch.js'

export interface WatchedServer extends BenchServer {
  readonly prefix: readonly string[]
  /** Begins to count how long the main thread stands still. */
  begin(): Promise<void>
  end(): Promise<WatchedStalls>
}

/** The built server, with `stall-watch.ts` in its main thread. */
export async function startWatched(
  data: string,
  importRoot: string,
  isProfiled: boolean,
): Promise<WatchedServer> {
  const watchPort = await freePort()
  const watch = join(import.meta.dirname, 'stall-watch.js')
  const variables = [`NODE_OPTIONS=--import=${watch}`, `MILLRACE_WATCH_PORT=${watchPort}`]
  if (isProfiled) variables.push('MILLRACE_WATCH_PROFILE=1')
  const server = await startMillrace(data, importRoot, ['env', ...variables])
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${watchPort}${path}`)).json()
  return {
    ...server,
    prefix: [],
    begin: async () => {
      await ask('/begin')
    },
    end: async () => (await ask('/end')) as WatchedStalls,
  }
}
