import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit } from './at-exit.js'

export interface BenchServer {
  readonly pid: number
  readonly port: number
  /** CPU time of the process until now, in seconds; NaN where the system does not tell. */
  cpuSeconds(): number
  /** Begins a new count of the peak. */
  resetPeak(): void
  /** The most resident memory since, in MiB; NaN where the system does not tell. */
  peakMib(): number
  /** Resident memory now, without pages of files, in MiB; NaN where the system does not tell. */
  residentMib(): number
  stop(): Promise<void>
}

/**
 * The built server in a process of its own.
 * @param prefix what it is started by, like `taskset -c 0`
 */
export async function startMillrace(
  data: string,
  importRoot: string,
  prefix: readonly string[] = [],
): Promise<BenchServer> {
  const port = await freePort()
  const folders = ['--data', data, '--import-root', importRoot]
  const command = [process.execPath, 'dist/cli/main.js', 'serve', '--port', String(port)]
  const [program, ...rest] = [...prefix, ...command, ...folders]
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
  const exit = once(child, 'exit')
  atExit(() => child.kill('SIGKILL'))
  await ready(port)
  await sleep(500) // What a server does after it began to listen is not measured.
  return {
    ...{ port, pid: child.pid! },
    cpuSeconds: () => quietly(() => cpuSecondsOf(child.pid!)) ?? Number.NaN,
    resetPeak: () => quietly(() => writeFileSync(`/proc/${child.pid}/clear_refs`, '5')),
    peakMib: () => quietly(() => mibOf(child.pid!, 'VmHWM')) ?? Number.NaN,
    residentMib: () =>
      quietly(() => mibOf(child.pid!, 'RssAnon') + mibOf(child.pid!, 'RssShmem')) ?? Number.NaN,
    async stop() {
      child.kill('SIGTERM')
      await exit
    },
  }
}

/** The system counts hundredths of a second, whatever its clock is. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return (Number(user) + Number(system)) / 100
}

function mibOf(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) / 1024
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

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
