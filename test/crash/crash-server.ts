import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Connection } from '../../dist/client/connection.js'
import { connections } from '../../dist/client/connections.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

interface CrashServerOptions {
  /** A directory that the test made and removes; else a temporary one. */
  readonly folder?: string
  readonly nodeArgs?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Of a job, as far as tests look at it. */
interface JobAnswer {
  readonly jobId: string
  readonly state: string
  readonly reason?: string
  readonly phase: string
  readonly progress: number
  readonly importedRows: number
  readonly rejectedRows?: number
}

/**
 * A server process that can be killed and started again over the same data directory. While it lives, the
 * client's default connection leads to it.
 */
export class CrashServer {
  readonly folder: string
  readonly importRoot: string
  dataPath: string
  readonly #isFolderOurs: boolean
  readonly #nodeArgs: readonly string[]
  readonly #args: readonly string[]
  readonly #env: Readonly<Record<string, string>>
  /** Milliseconds from the start of a process to its first answer over gRPC. */
  readonly firstAnswersMs: number[] = []
  #child: ChildProcess | null = null
  #connection: Connection | null = null
  #lives = new AbortController()
  #said = ''

  constructor({ folder, nodeArgs = [], args = [], env = {} }: CrashServerOptions = {}) {
    this.#isFolderOurs = folder === undefined
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'millrace-crash-'))
    this.#nodeArgs = nodeArgs
    this.#args = args
    this.#env = env
    this.importRoot = join(this.folder, 'files')
    this.dataPath = join(this.folder, 'data')
    mkdirSync(this.importRoot, { recursive: true })
  }

  /** Everything the process wrote to its standard error and, as JSON lines, its log. */
  get said(): string {
    return this.#said
  }

  get hasEnded(): boolean {
    return this.#child === null || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** For calls of the test's own, which end when the process is killed instead of being tried again. */
  get signal(): AbortSignal {
    return this.#lives.signal
  }

  get connection(): Connection {
    if (this.#connection === null) throw new Error('the server is not started')
    return this.#connection
  }

  async start(): Promise<void> {
    const beganMs = performance.now()
    const address = await this.spawned()
    this.#lives = new AbortController()
    this.#connection = await Connection.open({ address })
    await connections.connect({ address })
    this.firstAnswersMs.push(performance.now() - beganMs)
  }

  /** Starts the process. @returns the address it listens on, as soon as it says so */
  spawned(): Promise<string> {
    const place = ['--port', '0', '--data', this.dataPath, '--import-root', this.importRoot]
    const words = [...this.#nodeArgs, main, 'serve', ...place, ...this.#args]
    const child = spawn(process.execPath, words, { env: { ...process.env, ...this.#env } })
    this.#child = child
    this.#said = ''
    return new Promise((resolve, reject) => {
      const note = (chunk: Buffer) => {
        this.#said += chunk
        const address = /"address":"([^"]+)"/.exec(this.#said)?.[1]
        if (address) resolve(address)
      }
      child.stdout.on('data', note)
      child.stderr.on('data', note)
      child.once('exit', (code) =>
        reject(new Error(`the server ended with code ${code}: ${this.#said}`)),
      )
    })
  }

  /** A call of REST v2; rejects when the process is killed meanwhile. */
  async post(path: string, body: object): Promise<{ code: number; data: JobAnswer }> {
    const response = await fetch(
      `http://${this.connection.address}/v2/vectordb/jobs/import${path}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: this.#lives.signal,
      },
    )
    return response.json()
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await once(child, 'exit')
    }
    this.#lives.abort()
    this.#connection?.close()
    this.#connection = null
    connections.disconnect()
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  async remove(): Promise<void> {
    await this.kill()
    if (this.#isFolderOurs) rmSync(this.folder, { recursive: true, force: true })
  }

  segmentFiles(): string[] {
    return readdirSync(join(this.dataPath, 'segments')).sort()
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
