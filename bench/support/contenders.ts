import type { WorkerPool } from '#rooms/workers/worker-job.js'
import type { Contender } from './contender.js'
import { MillraceIndex } from './millrace-index.js'
import { PeerIndex, peerNames } from './peer-index.js'
import type { VectorSet } from './vector-set.js'

export interface PeerOptions {
  /** Names, separated by commas; all: each that there is. */
  readonly peers: string
  /** Seconds that one answer of a peer may take; a peer that takes longer is left out from there on. */
  readonly budget: string
}

/** Our graphs, and those of the libraries in MILLRACE_PEERS_VENV, where there is one. */
export function contendersFor(
  set: VectorSet,
  pool: WorkerPool,
  { peers, budget }: PeerOptions,
): Contender[] {
  const ours = [
    new MillraceIndex(set, pool, 'HNSW', { M: 16, efConstruction: 200 }),
    new MillraceIndex(set, pool, 'AUTOINDEX', {}),
  ]
  const venv = process.env.MILLRACE_PEERS_VENV
  if (!venv) {
    console.log('MILLRACE_PEERS_VENV names no environment: no peers are measured')
    return ours
  }
  const names = peers === 'all' ? peerNames : peers.split(',').filter((name) => name !== '')
  const started = names.map(
    (name) => new PeerIndex(venv, name, set.options, pool.threadCount, Number(budget)),
  )
  return [...ours, ...started]
}
