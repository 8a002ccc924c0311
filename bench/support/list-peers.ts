import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Lists } from './list-index.js'
import type { VectorSetOptions } from './vector-set.js'

/** A Python process that holds inverted files of faiss's, and answers one command after the other. */
export class ListPeers {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #budgetSeconds: number
  #isLeftOut = false

  /** @param budgetSeconds what an answer may take: all are left out from then on */
  constructor(
    venv: string,
    { directory, dim, k }: VectorSetOptions,
    threadCount: number,
    budgetSeconds: number,
  ) {
    this.#budgetSeconds = budgetSeconds
    const numbers = [dim, k, threadCount].map(String)
    this.#child = spawn(
      join(venv, 'bin/python'),
      ['bench/support/list_peers.py', directory, ...numbers],
      // Threads that wait for each other must not take the processor from each other.
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' } },
    )
    this.#answers = createInterface(this.#child.stdout!)[Symbol.asyncIterator]()
  }

  lists(codes: string, nlist: number, refineK: number): Lists {
    const name = `faiss ${codes}`
    const params = { factory: `IVF${nlist},${codes}`, refineK }
    return {
      name,
      build: async () => (await this.#ask({ do: 'build', name, ...params }))?.seconds ?? Number.NaN,
      search: async (nprobe, batch) =>
        (await this.#ask({ do: 'search', name, nprobe, batch })) ?? nothing,
    }
  }

  async close(): Promise<void> {
    this.#child.stdin!.end()
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) await once(this.#child, 'exit')
  }

  /** @returns null where they are left out */
  async #ask(command: object): Promise<ListAnswer | null> {
    if (this.#isLeftOut) return null
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`)
    const timer = setTimeout(() => this.#giveUp(command), this.#budgetSeconds * 1000)
    const { value, done } = await this.#answers.next()
    clearTimeout(timer)
    if (!done) return JSON.parse(value)
    if (this.#isLeftOut) return null
    throw new Error(`faiss ended without an answer to ${JSON.stringify(command)}`)
  }

  #giveUp(command: object): void {
    const step = JSON.stringify(command)
    console.log(`  faiss is left out: no answer within ${this.#budgetSeconds} s to ${step}`)
    this.#isLeftOut = true
    this.#child.kill()
  }
}

interface ListAnswer {
  readonly seconds: number
  readonly recall: number
  readonly microseconds: number
}

const nothing = { recall: Number.NaN, microseconds: Number.NaN }
