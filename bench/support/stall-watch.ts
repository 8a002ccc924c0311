// Loaded into a server by `--import`: it watches how long the main thread stands still, and what it did meanwhile.
// It listens on 127.0.0.1 at MILLRACE_WATCH_PORT: /begin starts a count, /end answers with it as JSON.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type Profiler, Session } from 'node:inspector'
import { PerformanceObserver } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/** A time in which no timer ran. */
export interface Stall {
  readonly beginUs: number
  readonly ms: number
  /** Of it: the thread ran, it waited for a core, and the rest, in which it slept in a call. */
  readonly ranMs: number
  readonly waitedMs: number
  readonly sleptMs: number
  /** Where the profiler saw it, the most frequent first. */
  readonly stacks: readonly { readonly ms: number; readonly stack: string }[]
}

export interface WatchedStalls {
  readonly stalls: readonly Stall[]
  readonly maxMs: number
  /** Longest pause for the garbage collector. */
  readonly gcMaxMs: number
  readonly gcTotalMs: number
}

const tickMs = 2
const toldMs = 8
const sampleUs = 500

function watch(port: number): void {
  let count = new Count()
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: sampleUs })
  const server = createServer((request, response) => {
    if (request.url === '/begin') {
      if (process.env.MILLRACE_WATCH_PROFILE) session.post('Profiler.start')
      count = new Count()
      count.begin()
      response.end('{}')
      return
    }
    const stalls = count.end()
    session.post('Profiler.stop', (_error, answer) => {
      response.end(JSON.stringify(withStacks(stalls, answer?.profile)))
    })
  })
  server.listen(port, '127.0.0.1').unref()
}

class Count {
  readonly #stalls: Omit<Stall, 'stacks'>[] = []
  #timer: NodeJS.Timeout | undefined
  #maxMs = 0
  #gcMs: number[] = []
  readonly #observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) this.#gcMs.push(duration)
  })

  begin(): void {
    this.#observer.observe({ entryTypes: ['gc'] })
    let last = moment()
    const tick = () => {
      const now = moment()
      this.#note(last, now)
      last = now
      this.#timer = setTimeout(tick, tickMs)
    }
    this.#timer = setTimeout(tick, tickMs)
  }

  end(): Omit<WatchedStalls, 'stalls'> & { readonly stalls: readonly Omit<Stall, 'stacks'>[] } {
    clearTimeout(this.#timer)
    this.#observer.disconnect()
    const gcTotalMs = this.#gcMs.reduce((sum, ms) => sum + ms, 0)
    const gcMaxMs = Math.max(0, ...this.#gcMs)
    return { stalls: this.#stalls, maxMs: this.#maxMs, gcMaxMs, gcTotalMs }
  }

  #note(last: Moment, now: Moment): void {
    const ms = (now.us - last.us) / 1000 - tickMs
    this.#maxMs = Math.max(this.#maxMs, ms)
    if (ms < toldMs) return
    const ranMs = (now.ranNs - last.ranNs) / 1e6
    const waitedMs = (now.waitedNs - last.waitedNs) / 1e6
    const sleptMs = Math.max(0, ms - ranMs - waitedMs)
    this.#stalls.push({ beginUs: last.us, ms, ranMs, waitedMs, sleptMs })
  }
}

interface Moment {
  readonly us: number
  readonly ranNs: number
  readonly waitedNs: number
}

/** The system counts how long a thread ran, and how long it waited for a core. */
function moment(): Moment {
  const us = Number(process.hrtime.bigint() / 1000n)
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1')
    const [ranNs, waitedNs] = text.split(' ').map(Number)
    return { us, ranNs, waitedNs }
  } catch {
    return { us, ranNs: 0, waitedNs: 0 }
  }
}

function withStacks(
  counted: ReturnType<Count['end']>,
  profile: Profiler.Profile | undefined,
): WatchedStalls {
  const samples = profile ? samplesOf(profile) : []
  const stackOf = profile ? stacksOf(profile) : () => ''
  const stalls = counted.stalls.map((stall) => {
    const totals = new Map<string, number>()
    const endUs = stall.beginUs + stall.ms * 1000
    for (const { atUs, node, us } of samples) {
      if (atUs < stall.beginUs || atUs > endUs) continue
      const stack = stackOf(node)
      totals.set(stack, (totals.get(stack) ?? 0) + us / 1000)
    }
    const stacks = [...totals].map(([stack, ms]) => ({ ms, stack }))
    stacks.sort((one, other) => other.ms - one.ms)
    return { ...stall, stacks: stacks.slice(0, 4) }
  })
  return { ...counted, stalls }
}

function samplesOf({ startTime, samples = [], timeDeltas = [] }: Profiler.Profile) {
  let atUs = startTime
  return samples.map((node, index) => {
    const us = timeDeltas[index]
    atUs += us
    return { atUs, node, us }
  })
}

/** The function that ran, and the nearest ones of ours that called it. */
function stacksOf({ nodes }: Profiler.Profile): (id: number) => string {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((at) => [at, id])))
  const known = new Map<number, string>()
  return (id) => {
    const found = known.get(id)
    if (found !== undefined) return found
    const frames: string[] = []
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const { functionName, url, lineNumber } = byId.get(at)!.callFrame
      const isOurs = url.includes('/dist/')
      if (frames.length > 0 && !isOurs) continue
      const file = url.slice(url.lastIndexOf('/') + 1)
      frames.push(`${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`)
      if (frames.length === 6) break
    }
    const text = frames.join(' < ')
    known.set(id, text)
    return text
  }
}

if (isMainThread && process.env.MILLRACE_WATCH_PORT) watch(Number(process.env.MILLRACE_WATCH_PORT))
