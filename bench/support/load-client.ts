import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit } from './at-exit.js'
import { freePort } from './millrace-server.js'

/** Where a server is, and what a client of it is started by where it lies in another network namespace. */
export interface Served {
  readonly port: number
  readonly prefix: readonly string[]
}

export interface LoadFigures {
  readonly queriesPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly failed: number
  readonly count: number
  readonly clientCpuSeconds: number
}

/** A compiled client of gRPC, which costs less than what it measures. It takes Go to build it. */
export class LoadClient {
  readonly #program: string
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
    this.#program = join(directory, 'load')
    execFileSync('go', ['build', '-o', this.#program, '.'], { cwd: 'bench/load' })
  }

  /** Each request once. @returns the answers */
  async once(served: Served, path: string, requests: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const answers = join(this.#directory, 'answers')
    await this.#load(served, path, requests, 0, 0, answers)
    return messagesIn(readFileSync(answers))
  }

  async run(
    served: Served,
    path: string,
    requests: readonly Uint8Array[],
    clients: number,
    seconds: number,
  ): Promise<LoadFigures> {
    return JSON.parse(await this.#load(served, path, requests, clients, seconds, ''))
  }

  /** As `run`, until it is asked for its figures. */
  runMeanwhile(
    served: Served,
    path: string,
    requests: readonly Uint8Array[],
    clients: number,
  ): () => Promise<LoadFigures> {
    const stop = new AbortController()
    const work = this.#load(served, path, requests, clients, 3600, '', stop.signal)
    return async () => {
      stop.abort()
      return JSON.parse(await work)
    }
  }

  /** What a server that answers at once lets the client do. */
  async ceiling(
    path: string,
    requests: readonly Uint8Array[],
    answer: Uint8Array,
    clients: number,
    seconds: number,
  ): Promise<LoadFigures> {
    const port = await freePort()
    const file = join(this.#directory, 'answer')
    writeFileSync(file, answer)
    const server = spawn(this.#program, ['serve', `127.0.0.1:${port}`, file], { stdio: 'inherit' })
    const ended = once(server, 'exit')
    try {
      await sleep(500)
      return await this.run({ port, prefix: [] }, path, requests, clients, seconds)
    } finally {
      server.kill()
      await ended
    }
  }

  /** Beside it this process goes on, since it may have an import under way. */
  async #load(
    { port, prefix }: Served,
    path: string,
    requests: readonly Uint8Array[],
    clients: number,
    seconds: number,
    answers: string,
    stop?: AbortSignal,
  ): Promise<string> {
    const file = join(this.#directory, 'requests')
    writeFileSync(file, Buffer.concat(requests.flatMap((each) => [lengthOf(each), each])))
    const address = `127.0.0.1:${port}`
    const rest = [address, path, file, String(clients), String(seconds), answers]
    return output([...prefix, this.#program, ...rest], 0, stop)
  }
}

/**
 * What a program prints.
 * @param secondsMax 0: as long as it takes
 * @param stop asks it to come to its end
 * @throws Error unless it ends well, within the seconds
 */
export async function output(
  [program, ...rest]: readonly string[],
  secondsMax = 0,
  stop?: AbortSignal,
): Promise<string> {
  const timeout = secondsMax * 1000
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'], timeout })
  const kill = () => child.kill('SIGKILL')
  atExit(kill)
  stop?.addEventListener('abort', () => child.kill('SIGTERM'))
  const ended = once(child, 'exit')
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  const [code, signal] = await ended
  process.off('exit', kill)
  if (signal && secondsMax > 0) throw new Error(`did not end within ${secondsMax} s`)
  if (code !== 0) throw new Error(`${program} ${rest.slice(0, 2).join(' ')}: left with ${code}`)
  return text
}

function lengthOf(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(message.length)
  return length
}

function messagesIn(file: Buffer): Uint8Array[] {
  const messages: Uint8Array[] = []
  for (let at = 0; at < file.length; ) {
    const end = at + 4 + file.readUInt32LE(at)
    messages.push(file.subarray(at + 4, end))
    at = end
  }
  return messages
}
