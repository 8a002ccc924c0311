import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const readyWithinMs = 15_000

/** What a server is started with beside its place. */
interface ServeExtras {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** The built server in a process of its own, with a data directory and an import root of its own. */
export class ServedMillrace {
  readonly port: number
  readonly dataDirectory: string
  readonly importRoot: string
  readonly #child: ChildProcess
  readonly #folder: string
  #log = ''

  private constructor(folder: string, port: number, { args = [], env = {} }: ServeExtras) {
    this.#folder = folder
    this.port = port
    this.dataDirectory = join(folder, 'data')
    this.importRoot = mkdtempSync(join(folder, 'import-'))
    const place = ['--data', this.dataDirectory, '--import-root', this.importRoot]
    this.#child = spawn(
      process.execPath,
      ['dist/cli/main.js', 'serve', '--port', String(port), ...place, ...args],
      { env: { ...process.env, ...env } },
    )
    this.#child.stdout?.on('data', (chunk) => this.#note(chunk))
    this.#child.stderr?.on('data', (chunk) => this.#note(chunk))
  }

  static async start(extras: ServeExtras = {}): Promise<ServedMillrace> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
    const server = new ServedMillrace(folder, await freePort(), extras)
    await server.#becomesReady()
    return server
  }

  /** Everything that it logged, as far as it is kept. */
  get log(): string {
    return this.#log
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Asks it to end, waits until it has, and removes its folder. */
  async stop(): Promise<void> {
    await this.end()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Asks it to end, and leaves its files for a look. */
  async end(): Promise<void> {
    if (this.#hasEnded) return
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await once(this.#child, 'exit')
    clearTimeout(late)
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async #becomesReady(): Promise<void> {
    const deadline = Date.now() + readyWithinMs
    while (Date.now() < deadline && !this.#hasEnded) {
      if (await answersHealthz(this.port)) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await this.end()
    throw new Error(
      `the server was not ready within ${readyWithinMs} ms: ${this.#log.slice(-4_000)}`,
    )
  }

  #note(chunk: Buffer): void {
    this.#log = (this.#log + chunk.toString()).slice(-40_000)
  }
}

async function answersHealthz(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok
  } catch {
    return false
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
