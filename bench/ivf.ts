// npm run bench -- ivf [--rows 200000] [--dim 128] [--clusters 1000] [--nlist 1024] [--runs 3] [--queries 1000] [--types A,B]
// Inverted files over a Gaussian mixture, L2: seconds to build by all cores, and for a recall@10 the least nprobe
// that reaches it with the p50 of one thread's queries, in turn, medians. Peers are those of faiss, in the
// Python environment that MILLRACE_PEERS_VENV names (pip install faiss-cpu).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { WorkerPool } from '#rooms/workers/worker-job.js'
import { createWorkerPool } from '#rooms/workers/worker-pool.js'
import { type Contender, listEfforts } from './support/contender.js'
import { machineLine } from './support/machine.js'
import { MillraceIndex } from './support/millrace-index.js'
import { PeerIndex } from './support/peer-index.js'
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
    runs: { type: 'string', default: '3' },
    types: { type: 'string', default: 'IVF_FLAT,IVF_SQ8,IVF_PQ,IVF_RABITQ,SCANN' },
  },
})
const recalls = [0.9, 0.95, 0.99]
const directory = mkdtempSync(join(options.directory, 'millrace-bench-'))
const pool = createWorkerPool()

try {
  console.log(machineLine())
  const numbers = [options.rows, options.dim, options.clusters, options.queries].map(Number)
  const [rowCount, dim, clusterCount, nq] = numbers
  const set = new VectorSet({ rowCount, dim, clusterCount, nq, k: 10, directory })
  console.log(`${rowCount} × ${dim}, nlist ${options.nlist}, ${options.runs} runs in turn`)
  const contenders = contendersOf(set, pool, options.types.split(','), Number(options.nlist))
  try {
    await tellBuilds(contenders)
    for (const recall of recalls) await tell(contenders, 'all', recall)
  } finally {
    for (const contender of contenders) await contender.close()
  }
} finally {
  await pool.close()
  rmSync(directory, { recursive: true, force: true })
}

function contendersOf(
  set: VectorSet,
  pool: WorkerPool,
  types: readonly string[],
  nlist: number,
): Contender[] {
  const { dim } = set.options
  const own = { nlist, m: dim / 4, nbits: 8 }
  const ours = types.map((type) => new MillraceIndex(set, pool, type, own))
  const venv = process.env.MILLRACE_PEERS_VENV
  if (!venv) {
    console.log('MILLRACE_PEERS_VENV names no environment: no peers are measured')
    return ours
  }
  const limits = { threadCount: pool.threadCount, budgetSeconds: 600, measureSeconds: 60 }
  const peers: Record<string, [codes: string, refineK: number]> = {
    IVF_FLAT: ['Flat', 0],
    IVF_SQ8: ['SQ8', 0],
    IVF_PQ: [`PQ${dim / 4}x8,RFlat`, 6],
    IVF_RABITQ: ['RaBitQ,RFlat', 10],
    SCANN: [`PQ${dim / 2}x4fs,RFlat`, 6],
  }
  return [
    ...ours,
    ...types.map((type) => {
      const [codes, refineK] = peers[type]
      const factory = `IVF${nlist},${codes}`
      const name = `faiss ${codes}`
      const params = { factory, refineK }
      return new PeerIndex(venv, name, set.options, limits, { efforts: listEfforts, params })
    }),
  ]
}

async function tellBuilds(contenders: readonly Contender[]): Promise<void> {
  const seconds = contenders.map((): number[] => [])
  for (let run = 0; run < Number(options.runs); run++) {
    for (const [at, contender] of contenders.entries()) {
      seconds[at].push(await contender.build())
      console.log(`  run ${run + 1}: ${contender.name} ${seconds[at][run].toFixed(1)} s`)
    }
  }
  console.log('\nbuild')
  for (const [at, { name }] of contenders.entries()) {
    console.log(`  ${name.padEnd(20)} ${spread(seconds[at])}`)
  }
}

async function tell(contenders: readonly Contender[], mask: string, recall: number): Promise<void> {
  console.log(`\nrows: ${mask}, recall@10 ≥ ${recall}`)
  const taking = []
  for (const contender of contenders) {
    const effort = await leastEffort(contender, mask, recall)
    if (effort === null) console.log(`  ${contender.name.padEnd(20)} does not reach it`)
    else taking.push({ contender, effort, p50s: [] as number[], found: [] as number[] })
  }
  for (let run = 0; run < Number(options.runs); run++) {
    for (const { contender, effort, p50s, found } of taking) {
      const figures = await contender.search(effort, mask)
      p50s.push(figures.p50Ms)
      found.push(figures.recall)
    }
  }
  for (const { contender, effort, p50s, found } of taking) {
    const p50 = `p50 ${median(p50s).toFixed(3)} ms`
    const reached = `recall ${found[0].toFixed(4)}`
    console.log(
      `  ${contender.name.padEnd(20)} nprobe ${String(effort).padEnd(4)} ${p50}, ${reached}`,
    )
  }
}

async function leastEffort(
  contender: Contender,
  mask: string,
  recall: number,
): Promise<number | null> {
  for (const effort of contender.efforts) {
    if ((await contender.search(effort, mask)).recall >= recall) return effort
  }
  return null
}
