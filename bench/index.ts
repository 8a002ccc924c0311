// npm run bench -- index [--rows 200000] [--dim 128] [--clusters 1000] [--runs 3] [--queries 1000]
//   [--peers hnswlib,faiss,usearch] [--budget 600]
// Graphs over a Gaussian mixture, L2, M 16, efConstruction 200, and AUTOINDEX: seconds to build by all cores, in
// turn, the memory they take and the time to load them, and recall@10 beside queries per second of one thread. Peers are the libraries of the Python environment
// that MILLRACE_PEERS_VENV names (pip install faiss-cpu hnswlib usearch); one that takes longer than the budget's
// seconds for an answer is left out from there on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createWorkerPool } from '#rooms/workers/worker-pool.js'
import type { Contender } from './support/contender.js'
import { contendersFor } from './support/contenders.js'
import { machineLine } from './support/machine.js'
import { MillraceIndex } from './support/millrace-index.js'
import { median, spread } from './support/statistics.js'
import { VectorSet } from './support/vector-set.js'

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    rows: { type: 'string', default: '200000' },
    dim: { type: 'string', default: '128' },
    clusters: { type: 'string', default: '1000' },
    queries: { type: 'string', default: '1000' },
    peers: { type: 'string', default: 'all' },
    budget: { type: 'string', default: '600' },
    runs: { type: 'string', default: '3' },
  },
})
const efs = [16, 24, 32, 48, 64, 128]
const directory = mkdtempSync(join(options.directory, 'millrace-bench-'))
const pool = createWorkerPool()

try {
  console.log(machineLine())
  const rowCount = Number(options.rows)
  const [dim, clusterCount, nq] = [options.dim, options.clusters, options.queries].map(Number)
  const set = new VectorSet({ rowCount, dim, clusterCount, nq, k: 10, directory })
  console.log(`${rowCount} × ${dim}, ${clusterCount} clusters, ${options.runs} runs in turn`)
  const contenders = contendersFor(set, pool, options)
  try {
    await tellBuilds(contenders, rowCount)
    await tellMemory(contenders)
    await tellCurve(contenders)
  } finally {
    for (const contender of contenders) await contender.close()
  }
} finally {
  await pool.close()
  rmSync(directory, { recursive: true, force: true })
}

async function tellBuilds(contenders: readonly Contender[], rowCount: number): Promise<void> {
  const seconds = contenders.map((): number[] => [])
  for (let run = 0; run < Number(options.runs); run++) {
    for (const [at, contender] of contenders.entries()) {
      seconds[at].push(await contender.build())
      console.log(`  run ${run + 1}: ${contender.name} ${seconds[at][run].toFixed(1)} s`)
    }
  }
  const peer = contenders.findIndex(({ name }) => name === 'hnswlib')
  console.log('\nbuild')
  for (const [at, { name }] of contenders.entries()) {
    const rate = `${Math.round(rowCount / median(seconds[at]))} rows/s`
    const ratio =
      peer < 0 ? '' : `, hnswlib / it ${(median(seconds[peer]) / median(seconds[at])).toFixed(2)}`
    console.log(`  ${name.padEnd(20)} ${spread(seconds[at])}, ${rate}${ratio}`)
  }
}

/** Of our own graphs: what they take and how long they take to be read, medians of 5. */
async function tellMemory(contenders: readonly Contender[]): Promise<void> {
  console.log('\nmemory / (vectors + links), load / read of the same bytes into new memory')
  for (const contender of contenders) {
    if (!(contender instanceof MillraceIndex)) continue
    const loads: number[] = []
    for (let run = 0; run < 5; run++) loads.push(await contender.loadRatio())
    const memory = contender.memoryRatio().toFixed(3)
    console.log(`  ${contender.name.padEnd(20)} ${memory}, ${median(loads).toFixed(2)}`)
  }
}

/** In turn for each ef, so that what else the machine does meets all of them. */
async function tellCurve(contenders: readonly Contender[]): Promise<void> {
  for (const ef of efs) {
    console.log(`\nef ${String(ef).padEnd(19)} recall@10  queries/s  p50`)
    for (const contender of contenders) {
      const { recall, queriesPerSecond, p50Ms } = await contender.search(ef, 'all')
      const rate = String(Math.round(queriesPerSecond)).padEnd(9)
      console.log(
        `  ${contender.name.padEnd(20)} ${recall.toFixed(4)}     ${rate}  ${p50Ms.toFixed(3)} ms`,
      )
    }
  }
}
