// npm run bench -- ivf [--rows 200000] [--dim 128] [--clusters 1000] [--nlist 1024] [--runs 5] [--builds 1]
//   [--queries 1000] [--batches 1,64] [--types A,B] [--rows-in memory|file]
// Inverted files over a Gaussian mixture, L2: seconds to build by all cores, and for a recall@10 the least nprobe that
// reaches it with what one thread takes for a query: one after the other, and 64 asked together; in turn, medians.
// Beside each type the peer of its kind of faiss's, in the Python environment that MILLRACE_PEERS_VENV names (pip
// install faiss-cpu), and faiss's time over ours. Processor time, so that other work of the machine counts little.
// Candidates are ranked by rows in memory, as faiss does, or by rows read from their file.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { WorkerPool } from '#rooms/workers/worker-job.js'
import { createWorkerPool } from '#rooms/workers/worker-pool.js'
import { ListIndex, type Lists } from './support/list-index.js'
import { ListPeers } from './support/list-peers.js'
import { machineLine } from './support/machine.js'
import { median, spread } from './support/statistics.js'
import { VectorSet } from './support/vector-set.js'

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    rows: { type: 'string', default: '200000' },
    dim: { type: 'string', default: '128' },
    clusters: { type: 'string', default: '1000' },
    nlist: { type: 'string', default: '1024' },
    queries: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '5' },
    builds: { type: 'string', default: '1' },
    batches: { type: 'string', default: '1,64' },
    'rows-in': { type: 'string', default: 'memory' },
    types: { type: 'string', default: 'IVF_FLAT,IVF_SQ8,IVF_PQ,IVF_RABITQ,SCANN' },
  },
})
const efforts = [
  ...[
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128, 192, 256,
  ],
]
const recalls = [0.9, 0.95, 0.99]
const batches = options.batches.split(',').map(Number)
/** A peer that takes longer for an answer is left out. */
const budgetSeconds = 120
const directory = mkdtempSync(join(options.directory, 'millrace-bench-'))
const pool = createWorkerPool()

/** One of our types, and its like among faiss's where there are peers. */
interface Pair {
  readonly type: string
  readonly contenders: readonly Lists[]
}

try {
  console.log(machineLine())
  const numbers = [options.rows, options.dim, options.clusters, options.queries].map(Number)
  const [rowCount, dim, clusterCount, nq] = numbers
  const set = new VectorSet({ rowCount, dim, clusterCount, nq, k: 10, directory })
  console.log(`${rowCount} × ${dim}, nlist ${options.nlist}, ${options.runs} runs in turn`)
  const peers = peersOf(set, pool)
  try {
    const pairs = options.types.split(',').map((type) => pairOf(type, set, pool, peers))
    await tellBuilds(pairs)
    for (const pair of pairs) await tell(pair)
  } finally {
    await peers?.close()
  }
} finally {
  await pool.close()
  rmSync(directory, { recursive: true, force: true })
}

function peersOf(set: VectorSet, pool: WorkerPool): ListPeers | null {
  const venv = process.env.MILLRACE_PEERS_VENV
  if (venv) return new ListPeers(venv, set.options, pool.threadCount, budgetSeconds)
  console.log('MILLRACE_PEERS_VENV names no environment: no peers are measured')
  return null
}

function pairOf(type: string, set: VectorSet, pool: WorkerPool, peers: ListPeers | null): Pair {
  const { dim } = set.options
  const nlist = Number(options.nlist)
  const isInMemory = options['rows-in'] === 'memory'
  const refine = { refine: isInMemory, refine_type: 'FP32', with_raw_data: isInMemory }
  const ours = new ListIndex(set, pool, type, { nlist, m: dim / 4, nbits: 8, ...refine })
  if (!peers) return { type, contenders: [ours] }
  const likes: Record<string, [codes: string, refineK: number]> = {
    IVF_FLAT: ['Flat', 0],
    IVF_SQ8: ['SQ8', 0],
    IVF_PQ: [`PQ${dim / 4}x8,RFlat`, 6],
    IVF_RABITQ: ['RaBitQfs,RFlat', 10],
    SCANN: [`PQ${dim / 2}x4fs,RFlat`, 6],
  }
  const [codes, refineK] = likes[type]
  return { type, contenders: [ours, peers.lists(codes, nlist, refineK)] }
}

async function tellBuilds(pairs: readonly Pair[]): Promise<void> {
  console.log('\nbuild, seconds of the clock')
  for (const { type, contenders } of pairs) {
    const seconds = contenders.map((): number[] => [])
    for (let run = 0; run < Number(options.builds); run++) {
      for (const [at, contender] of contenders.entries()) {
        seconds[at].push(await contender.build())
      }
    }
    for (const [at, { name }] of contenders.entries()) {
      console.log(`  ${name.padEnd(20)} ${spread(seconds[at])}`)
    }
    tellRatio(type, 'build', seconds.map(median))
  }
}

async function tell({ type, contenders }: Pair): Promise<void> {
  const curves: number[][] = []
  for (const contender of contenders) curves.push(await curveOf(contender))
  for (const batch of batches) {
    console.log(`\n${type}, ${batch} asked together, µs of processor time a query`)
    for (const recall of recalls) {
      const taking = contenders.map((contender, at) => ({
        contender,
        effort: efforts[curves[at].findIndex((reached) => reached >= recall)],
        reached: curves[at].find((value) => value >= recall),
      }))
      await tellTimes(type, taking, recall, batch)
    }
  }
}

/** The recall at each nprobe, up to where the highest that is wanted is reached. */
async function curveOf(contender: Lists): Promise<number[]> {
  const curve: number[] = []
  for (const effort of efforts.filter((each) => each <= Number(options.nlist))) {
    curve.push((await contender.search(effort, 64)).recall)
    if (curve[curve.length - 1] >= Math.max(...recalls)) break
  }
  return curve
}

interface Taking {
  readonly contender: Lists
  readonly effort: number | undefined
  readonly reached: number | undefined
}

async function tellTimes(
  type: string,
  taking: readonly Taking[],
  recall: number,
  batch: number,
): Promise<void> {
  const micros = taking.map((): number[] => [])
  for (let run = 0; run < Number(options.runs); run++) {
    for (const [at, { contender, effort }] of taking.entries()) {
      if (effort === undefined) continue
      micros[at].push((await contender.search(effort, batch)).microseconds)
    }
  }
  for (const [at, { contender, effort, reached }] of taking.entries()) {
    const name = `  ≥ ${recall.toFixed(2)} ${contender.name.padEnd(22)}`
    const figures = `nprobe ${String(effort).padEnd(4)} ${median(micros[at]).toFixed(1).padStart(7)}`
    console.log(
      reached ? `${name} ${figures}  recall ${reached.toFixed(4)}` : `${name} not reached`,
    )
  }
  tellRatio(type, `≥ ${recall.toFixed(2)}, ${batch} together`, micros.map(median))
}

/** Above 1: faiss takes longer. */
function tellRatio(type: string, what: string, [own, peer]: readonly number[]): void {
  if (own > 0 && peer > 0)
    console.log(`  ratio ${type} ${what}: faiss / millrace ${(peer / own).toFixed(2)}`)
}
