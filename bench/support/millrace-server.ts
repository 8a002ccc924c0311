import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface BenchServer {
  readonly port: number
  /** Begins a new count of the peak. */
  resetPeak(): void
  /** The most resident memory since, in MiB; NaN where the system does not tell. */
  peakMib(): number
  stop(): Promise<void>
}

/** The built server in a process of its own. */
export async function startMillrace(data: string, importRoot: string): Promise<BenchServer> {
  const port = await freePort()
  const folders = ['--data', data, '--import-root', importRoot]
  const child = spawn(
    process.execPath,
    ['dist/cli/main.js', 'serve', '--port', String(port), ...folders],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const exit = once(child, 'exit')
  await ready(port)
  await sleep(500) // What a server does after it began to listen is not measured.
  return {
    port,
    resetPeak: () => quietly(() => writeFileSync(`/proc/${child.pid}/clear_refs`, '5')),
    peakMib: () => quietly(() => peakOf(child.pid!)) ?? Number.NaN,
    async stop() {
      child.kill('SIGTERM')
      await exit
    },
  }
}

function peakOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024
}

function quietly<Result>(work: () => Result): Result | null {
  try {
    return work()
  } catch {
    return null
  }
}

async function ready(port: number): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/healthz`)).ok) return
    } catch {
      await sleep(10)
    }
  }
  throw new Error('the server was not ready within 10 s')
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
