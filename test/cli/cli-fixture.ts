import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

/** A temporary directory in which the real command runs, and a real server where one is started. */
export class CliFixture {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-cli-')))
  address = ''
  readonly #children = new Set<ChildProcess>()

  /** Serves `data`, importing from `files` only. */
  async serve(...more: string[]): Promise<void> {
    mkdirSync(join(this.path, 'files'), { recursive: true })
    const words = ['--port', '0', '--data', 'data', '--import-root', 'files']
    const log = await said(this.start('serve', ...words, ...more), 'listens on')
    this.address = /listens on ([\d.]+:\d+)/.exec(log)![1]!
  }

  start(...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [main, ...args], { cwd: this.path })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  async run(...args: string[]): Promise<Ended> {
    return ended(this.start(...args))
  }

  /** At the server. */
  async import(...args: string[]): Promise<Ended> {
    return this.run('import', ...args, '--address', this.address)
  }

  async jobs(...args: string[]): Promise<Ended> {
    return this.run('jobs', ...args, '--address', this.address)
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true })
    writeFileSync(join(this.path, path), content)
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), 'utf8')
  }

  /** `id.npy` and `vector.npy` of `rowCount` rows and 4 dimensions. */
  writeNpy(folder: string, rowCount: number): void {
    const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
    const vectors = Float32Array.from({ length: rowCount * 4 }, (_, index) => index / 7)
    this.write(`${folder}/id.npy`, npyBytes(ids))
    this.write(`${folder}/vector.npy`, npyBytes(vectors, [rowCount, 4]))
  }

  /** JSON lines of 4 dimensions; the rows of `bad` have a vector that is one short. */
  writeLines(path: string, rowCount: number, bad: readonly number[] = []): void {
    const lines = Array.from({ length: rowCount }, (_, id) => {
      const vector = [0.5, 1.5, 2.5, id].slice(0, bad.includes(id) ? 3 : 4)
      return `${JSON.stringify({ id, vector, text: `row ${id}` })}\n`
    })
    this.write(path, lines.join(''))
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(this.path, { recursive: true, force: true, maxRetries: 20 })
  }
}

/** What it has written to its output by the time it has written `text`. */
export function said(child: ChildProcess, text: string): Promise<string> {
  let written = ''
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code}, having said: ${written}`)))
    child.stdout!.on('data', (chunk) => {
      written += chunk
      if (written.includes(text)) resolve(written)
    })
  })
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const exit = child.exitCode === null ? once(child, 'close') : Promise.resolve()
  const texts = ['', '']
  for (const [index, stream] of [child.stdout!, child.stderr!].entries()) {
    stream.setEncoding('utf8').on('data', (text) => {
      texts[index] += text
    })
  }
  await exit
  const [out = '', error = ''] = texts
  return { code: child.exitCode, out, error }
}

/** The events of `--json`; a line that is no JSON fails. */
export function eventsOf({ out }: Ended): Record<string, unknown>[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** A web host whose file comes only when it is let go: what imports it has not ended before. */
export class HoldingHost {
  readonly #server: Server
  readonly #text: string
  #letGo!: () => void
  readonly #isLetGo = new Promise<void>((resolve) => {
    this.#letGo = resolve
  })

  constructor(text: string) {
    this.#text = text
    this.#server = createServer(async (request, response) => {
      await this.#isLetGo
      response.setHeader('content-length', Buffer.byteLength(this.#text))
      response.end(request.method === 'HEAD' ? undefined : this.#text)
    })
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  letGo(): void {
    this.#letGo()
  }

  async close(): Promise<void> {
    this.letGo()
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
