import type { WorkerPool } from '#rooms/workers/worker-job.js'
import type { Contender } from './contender.js'
import { MillraceIndex } from './millrace-index.js'
import { PeerIndex, peerKinds } from './peer-index.js'
import type { VectorSet } from './vector-set.js'

export interface PeerOptions {
  /** Names, separated by commas; all: each that there is. */
  readonly peers: string
  /** Seconds that one answer of a peer may take; a peer that takes longer is left out from there on. */
  readonly budget: string
  /** Seconds of one measure: what a slow peer has not answered by then is not waited for. */
  readonly seconds: string
}

/** Our graphs, and those of the libraries in MILLRACE_PEERS_VENV, where there is one. */
export function contendersFor(
  set: VectorSet,
  pool: WorkerPool,
  { peers, budget, seconds }: PeerOptions,
): Contender[] {
  const ours = [
    new MillraceIndex(set, pool, 'HNSW', { M: 16, efConstruction: 200 }),
    new MillraceIndex(set, pool, 'AUTOINDEX', {}),
  ]
  const venv = process.env.MILLRACE_PEERS_VENV
  const names = peers === 'all' ? Object.keys(peerKinds) : peers.split(',').filter(Boolean)
  if (!venv) {
    console.log(`left out, MILLRACE_PEERS_VENV names no environment: ${names.join(', ')}`)
    return ours
  }
  const limits = {
    threadCount: pool.threadCount,
    budgetSeconds: Number(budget),
    measureSeconds: Number(seconds),
  }
  const started = names.map((name) => {
    const kind = peerKinds[name]
    if (!kind) throw new Error(`--peers: expected ${Object.keys(peerKinds)}, got ${name}`)
    return new PeerIndex(venv, name, set.options, limits, kind)
  })
  return [...ours, ...started]
}
