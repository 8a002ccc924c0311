import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { atExit } from './at-exit.js'
import {
  type Contender,
  figuresFrom,
  graphEfforts,
  listEfforts,
  type SearchFigures,
} from './contender.js'
import type { VectorSetOptions } from './vector-set.js'

const graph = { efforts: graphEfforts, params: { m: 16, efConstruction: 200 } }

/** The peers of support/peers.py, with what they can be asked for. */
export const peerKinds: Readonly<Record<string, PeerKind>> = {
  hnswlib: graph,
  faiss: graph,
  usearch: graph,
  'lancedb-hnsw-sq': { efforts: graphEfforts.filter((ef) => ef > 24), params: {} },
  'lancedb-ivf-pq': { efforts: listEfforts, params: {} },
  qdrant: { efforts: [0], params: {} },
}

export interface PeerKind {
  readonly efforts: readonly number[]
  readonly params: object
}

export interface PeerLimits {
  readonly threadCount: number
  /** Seconds that an answer may take: a peer that takes longer is left out from there on. */
  readonly budgetSeconds: number
  /** Seconds after which a measure ends with the queries that it has by then. */
  readonly measureSeconds: number
}

/** A library of Python's, in a process of its own, which says what each step took. */
export class PeerIndex implements Contender {
  readonly name: string
  readonly efforts: readonly number[]
  readonly #start: () => PeerProcess
  readonly #process: PeerProcess
  readonly #limits: PeerLimits
  readonly #params: object
  readonly #file: string
  #isLeftOut = false

  constructor(
    venv: string,
    name: string,
    options: VectorSetOptions,
    limits: PeerLimits,
    { efforts, params }: PeerKind,
  ) {
    const { directory, dim, k } = options
    const numbers = [dim, k, limits.threadCount].map(String)
    const rest = ['bench/support/peers.py', directory, name, ...numbers]
    this.name = name
    this.efforts = efforts
    this.#limits = limits
    this.#params = params
    this.#file = join(directory, `${name}.index`)
    this.#start = () => new PeerProcess(join(venv, 'bin/python'), rest)
    this.#process = this.#start()
  }

  async build(): Promise<number> {
    const answer = await this.#ask({ do: 'build', params: this.#params })
    return answer?.seconds ?? Number.NaN
  }

  async search(effort: number, mask: string): Promise<SearchFigures> {
    const seconds = this.#limits.measureSeconds
    const answer = await this.#ask({ do: 'search', effort, mask, seconds })
    const { recall = Number.NaN, latenciesMs = [], cpuMs } = answer ?? {}
    return figuresFrom(recall, latenciesMs, cpuMs)
  }

  async batch(effort: number, mask: string, threads: number, count: number): Promise<number> {
    const answer = await this.#ask({ do: 'batch', effort, mask, threads, count })
    return answer?.queriesPerSecond ?? Number.NaN
  }

  async residentBytes(): Promise<number> {
    const saved = await this.#ask({ do: 'save', path: this.#file })
    if (!saved) return Number.NaN
    const fresh = this.#start()
    try {
      const command = saved.unable
        ? { do: 'grow', params: this.#params }
        : { do: 'load', path: this.#file }
      return (await this.#ask(command, fresh))?.bytes ?? Number.NaN
    } finally {
      await fresh.close()
    }
  }

  close(): Promise<void> {
    return this.#process.close()
  }

  /** @returns null where it is left out */
  async #ask(command: object, process = this.#process): Promise<PeerAnswer | null> {
    if (this.#isLeftOut) return null
    const answer = await process.ask(command, this.#limits.budgetSeconds)
    if (!answer.failure) return answer
    console.log(`  ${this.name}: left out, ${answer.failure} at ${JSON.stringify(command)}`)
    this.#isLeftOut = true
    return null
  }
}

class PeerProcess {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>

  constructor(program: string, rest: readonly string[]) {
    const env = { ...process.env, RUST_LOG: 'error', LANCE_LOG: 'error' }
    this.#child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'], env })
    atExit(() => this.#child.kill('SIGKILL'))
    this.#answers = createInterface(this.#child.stdout!)[Symbol.asyncIterator]()
  }

  /** Where it takes too long its process is ended. */
  async ask(command: object, budgetSeconds: number): Promise<PeerAnswer> {
    let failure = 'it ended without an answer'
    const giveUp = () => {
      failure = `no answer within ${budgetSeconds} s`
      this.#child.kill('SIGKILL')
    }
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`)
    const timer = setTimeout(giveUp, budgetSeconds * 1000)
    const { value, done } = await this.#answers.next()
    clearTimeout(timer)
    return done ? { failure } : JSON.parse(value)
  }

  async close(): Promise<void> {
    this.#child.stdin!.end()
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) await once(this.#child, 'exit')
  }
}

/** What a step of peers.py has to say; only what belongs to it is there. */
interface PeerAnswer {
  readonly seconds?: number
  readonly recall?: number
  readonly latenciesMs?: number[]
  readonly cpuMs?: number
  readonly queriesPerSecond?: number
  readonly bytes?: number
  /** Why the peer cannot do it. */
  readonly unable?: string
  /** Why it is left out: what is not installed, or went wrong. */
  readonly failure?: string
}
