import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Contender, figuresFrom, type SearchFigures } from './contender.js'
import type { VectorSetOptions } from './vector-set.js'

export const peerNames = ['hnswlib', 'faiss', 'usearch']

/** A library of Python's, in a process of its own, which says what each step took. */
export class PeerIndex implements Contender {
  readonly name: string
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>

  readonly #params: object

  constructor(
    venv: string,
    name: string,
    options: VectorSetOptions,
    threadCount: number,
    params: object = { m: 16, efConstruction: 200 },
  ) {
    const { directory, dim, k } = options
    const numbers = [dim, k, threadCount].map(String)
    this.name = name
    this.#params = params
    this.#child = spawn(
      join(venv, 'bin/python'),
      ['bench/support/peers.py', directory, name, ...numbers],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    this.#answers = createInterface(this.#child.stdout!)[Symbol.asyncIterator]()
  }

  async build(): Promise<number> {
    return (await this.#ask({ do: 'build', params: this.#params })).seconds
  }

  async search(effort: number, mask: string): Promise<SearchFigures> {
    const { recall, latenciesMs } = await this.#ask({ do: 'search', effort, mask })
    return figuresFrom(recall ?? Number.NaN, latenciesMs)
  }

  async close(): Promise<void> {
    this.#child.stdin!.end()
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
  }

  async #ask(command: object): Promise<PeerAnswer> {
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`${this.name} ended without an answer`)
    return JSON.parse(value)
  }
}

interface PeerAnswer {
  readonly seconds: number
  /** null: it takes no masks. */
  readonly recall: number | null
  readonly latenciesMs: number[]
}
