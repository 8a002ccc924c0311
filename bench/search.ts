// npm run bench -- search [--rows 200000] [--dim 128] [--clusters 1000] [--runs 5] [--queries 1000]
//   [--masks 50,10,1] [--peers hnswlib,faiss,usearch] [--budget 600]
// Searches of the graphs of bench/index.ts by one thread, all rows and by masks of some percent of them: for
// each contender the least ef that reaches a recall@10, in turn, medians. The peers are those of bench/index.ts;
// usearch takes no masks, and a peer is left out once an answer took it longer than the budget's seconds.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createWorkerPool } from '#rooms/workers/worker-pool.js'
import type { Contender } from './support/contender.js'
import { contendersFor } from './support/contenders.js'
import { machineLine } from './support/machine.js'
import { median } from './support/statistics.js'
import { VectorSet } from './support/vector-set.js'

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    rows: { type: 'string', default: '200000' },
    dim: { type: 'string', default: '128' },
    clusters: { type: 'string', default: '1000' },
    queries: { type: 'string', default: '1000' },
    masks: { type: 'string', default: '50,10,1' },
    peers: { type: 'string', default: 'all' },
    budget: { type: 'string', default: '600' },
    runs: { type: 'string', default: '5' },
  },
})
const efs = [10, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256, 512]
const recalls = [0.95, 0.99]
const directory = mkdtempSync(join(options.directory, 'millrace-bench-'))
const pool = createWorkerPool()

try {
  console.log(machineLine())
  const [rowCount, dim, clusterCount, nq] = [
    options.rows,
    options.dim,
    options.clusters,
    options.queries,
  ].map(Number)
  const set = new VectorSet({ rowCount, dim, clusterCount, nq, k: 10, directory })
  const masks = options.masks.split(',').filter((percent) => percent !== '')
  for (const percent of masks) set.addMask(`${percent} %`, Number(percent) / 100)
  console.log(`${rowCount} × ${dim}, ${clusterCount} clusters, ${options.runs} runs in turn`)
  const contenders = contendersFor(set, pool, options)
  try {
    for (const contender of contenders) {
      console.log(`  ${contender.name} built in ${(await contender.build()).toFixed(1)} s`)
    }
    for (const mask of ['all', ...masks.map((percent) => `${percent} %`)]) {
      await tell(contenders, mask)
    }
  } finally {
    for (const contender of contenders) await contender.close()
  }
} finally {
  await pool.close()
  rmSync(directory, { recursive: true, force: true })
}

async function tell(contenders: readonly Contender[], mask: string): Promise<void> {
  for (const recall of recalls) {
    console.log(`\nrows: ${mask}, recall@10 ≥ ${recall}`)
    const taking = []
    for (const contender of contenders) {
      const ef = await leastEf(contender, mask, recall)
      if (ef === null) console.log(`  ${contender.name.padEnd(20)} does not reach it`)
      else
        taking.push({
          contender,
          ef,
          rates: [] as number[],
          p50s: [] as number[],
          p99s: [] as number[],
        })
    }
    for (let run = 0; run < Number(options.runs); run++) {
      for (const { contender, ef, rates, p50s, p99s } of taking) {
        const { queriesPerSecond, p50Ms, p99Ms } = await contender.search(ef, mask)
        rates.push(queriesPerSecond)
        p50s.push(p50Ms)
        p99s.push(p99Ms)
      }
    }
    for (const { contender, ef, rates, p50s, p99s } of taking) {
      const times = `p50 ${median(p50s).toFixed(3)} ms, p99 ${median(p99s).toFixed(3)} ms`
      const rate = `${Math.round(median(rates))} queries/s`
      console.log(`  ${contender.name.padEnd(20)} ef ${String(ef).padEnd(4)} ${rate}, ${times}`)
    }
  }
}

async function leastEf(contender: Contender, mask: string, recall: number): Promise<number | null> {
  for (const ef of efs) {
    const figures = await contender.search(ef, mask)
    if (Number.isNaN(figures.recall)) return null
    if (figures.recall >= recall) return ef
  }
  return null
}
