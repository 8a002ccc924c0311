import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit } from './at-exit.js'
import type { Served } from './load-client.js'
import { freePort, startMillrace } from './millrace-server.js'
import { startRealMilvus } from './real-milvus.js'

/** A server that is measured. */
export interface ServedSystem extends Served {
  readonly name: string
  readonly pid: number
  /** How it takes rows. */
  readonly way: 'import' | 'insert'
  stop(): Promise<void>
}

/**
 * Ours, and the servers of the environments in MILLRACE_REAL_MILVUS_VENV (milvus==2.3.5; Linux, root) and
 * MILLRACE_MILVUS_LITE_VENV (milvus-lite and pymilvus), where there are any.
 */
export const systemStarts: Readonly<
  Record<string, (directory: string) => Promise<ServedSystem | null>>
> = { millrace: startOurs, milvus: startMilvus, 'milvus-lite': startLite }

async function startOurs(directory: string): Promise<ServedSystem> {
  const server = await startMillrace(join(directory, 'data'), directory)
  return { name: 'millrace', way: 'import', prefix: [], ...server }
}

async function startMilvus(directory: string): Promise<ServedSystem | null> {
  const milvus = startRealMilvus(directory)
  if (!milvus) return null
  const stop = async () => milvus.stop()
  return { ...milvus, name: 'Milvus 2.3.5', way: 'import', stop }
}

async function startLite(directory: string): Promise<ServedSystem | null> {
  const venv = process.env.MILLRACE_MILVUS_LITE_VENV
  if (!venv) return null
  const port = await freePort()
  const data = mkdtempSync(join(directory, 'lite-'))
  const rest = ['server', '--data-dir', data, '--host', '127.0.0.1', '--port', String(port)]
  const child = spawn(join(venv, 'bin', 'milvus-lite'), rest, { stdio: 'ignore' })
  const exit = once(child, 'exit')
  atExit(() => child.kill('SIGKILL'))
  await answering(port)
  return {
    ...{ name: 'milvus-lite', way: 'insert', port, prefix: [], pid: child.pid! },
    async stop() {
      child.kill('SIGTERM')
      await exit
    },
  }
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const socket = createConnection(port, '127.0.0.1')
    const [error] = await Promise.race([
      once(socket, 'connect').then(() => [null]),
      once(socket, 'error'),
    ]).catch((thrown) => [thrown])
    socket.destroy()
    if (!error) return
    await sleep(100)
  }
  throw new Error(`no server listened on port ${port} within 60 s`)
}
