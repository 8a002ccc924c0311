import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** An environment with milvus==2.3.5 and its pymilvus; '' where there is none. */
export const realMilvusVenv = process.env.MILLRACE_REAL_MILVUS_VENV ?? ''

const run = promisify(execFile)
const startWithinMs = 90_000

/** A Milvus 2.3.5 on port 19530 of a network namespace of its own; that takes root. */
export class RealMilvus {
  readonly python = join(realMilvusVenv, 'bin/python')
  readonly #namespace: string
  #folder = ''

  private constructor(namespace: string) {
    this.#namespace = namespace
  }

  static async start(namespace: string): Promise<RealMilvus> {
    const milvus = new RealMilvus(namespace)
    try {
      await milvus.#start()
    } catch {
      // Its start hangs now and then, and hardly ever twice with a new directory.
      await milvus.#script(['kill9'])
      milvus.#forget()
      await milvus.#start()
    }
    return milvus
  }

  /** Runs a Python program of this folder beside it, and gives what it prints as JSON. */
  async ask(program: string, args: readonly string[]): Promise<unknown> {
    const asked = [this.python, '-W', 'ignore', program, '--port', '19530', ...args]
    return JSON.parse(await this.#script(['exec', ...asked]))
  }

  async stop(): Promise<void> {
    await this.#script(['stop'])
    this.#forget()
  }

  async #start(): Promise<void> {
    this.#folder = mkdtempSync(join(tmpdir(), 'millrace-real-milvus-'))
    await this.#script(['start'], startWithinMs)
  }

  #forget(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #script(args: readonly string[], timeout = 0): Promise<string> {
    const names = { DATA: this.#folder, VENV: realMilvusVenv, NS: this.#namespace }
    const options = { env: { ...process.env, ...names }, timeout, maxBuffer: 1 << 30 }
    return (await run('test/golden/milvus-server.sh', args, options)).stdout
  }
}
