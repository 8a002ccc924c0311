import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Contender, figuresFrom, type SearchFigures } from './contender.js'
import type { VectorSetOptions } from './vector-set.js'

export const peerNames = ['hnswlib', 'faiss', 'usearch']

/**
 * A library of Python's, in a process of its own, which says what each step took. One that takes longer for
 * an answer than its budget is ended, and its figures are NaN from there on.
 */
export class PeerIndex implements Contender {
  readonly name: string
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #budgetSeconds: number
  #isLeftOut = false

  readonly #params: object

  constructor(
    venv: string,
    name: string,
    options: VectorSetOptions,
    threadCount: number,
    budgetSeconds: number,
    params: object = { m: 16, efConstruction: 200 },
  ) {
    const { directory, dim, k } = options
    const numbers = [dim, k, threadCount].map(String)
    this.name = name
    this.#budgetSeconds = budgetSeconds
    this.#params = params
    this.#child = spawn(
      join(venv, 'bin/python'),
      ['bench/support/peers.py', directory, name, ...numbers],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    this.#answers = createInterface(this.#child.stdout!)[Symbol.asyncIterator]()
  }

  async build(): Promise<number> {
    const answer = await this.#ask({ do: 'build', params: this.#params })
    return answer?.seconds ?? Number.NaN
  }

  async search(effort: number, mask: string): Promise<SearchFigures> {
    const answer = await this.#ask({ do: 'search', effort, mask })
    return figuresFrom(answer?.recall ?? Number.NaN, answer?.latenciesMs ?? [])
  }

  async close(): Promise<void> {
    this.#child.stdin!.end()
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) await once(this.#child, 'exit')
  }

  /** @returns null where it was ended */
  async #ask(command: object): Promise<PeerAnswer | null> {
    if (this.#isLeftOut) return null
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`)
    const timer = setTimeout(() => this.#giveUp(command), this.#budgetSeconds * 1000)
    const { value, done } = await this.#answers.next()
    clearTimeout(timer)
    if (!done) return JSON.parse(value)
    if (this.#isLeftOut) return null
    throw new Error(`${this.name} ended without an answer`)
  }

  #giveUp(command: object): void {
    const step = JSON.stringify(command)
    console.log(`  ${this.name}: no answer within ${this.#budgetSeconds} s to ${step}, left out`)
    this.#isLeftOut = true
    this.#child.kill()
  }
}

interface PeerAnswer {
  readonly seconds: number
  /** null: it takes no masks. */
  readonly recall: number | null
  readonly latenciesMs: number[]
}
