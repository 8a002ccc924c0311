// npm run bench -- index [--rows 200000] [--dim 128] [--clusters 1000] [--runs 3] [--queries 1000]
//   [--data FILE.npy] [--peers hnswlib,faiss,usearch,lancedb-hnsw-sq,lancedb-ivf-pq,qdrant] [--budget 900]
//   [--seconds 3] [--quick]
// Graphs over a Gaussian mixture, or over the float32 rows of a file (at most --rows of them), L2, M 16,
// efConstruction 200, and AUTOINDEX: seconds to build by all cores, in turn; recall@10 beside queries per second of one
// thread at the same ef; and the memory of a fresh process that answers queries. Peers are the libraries of the Python
// environment that MILLRACE_PEERS_VENV names (pip install faiss-cpu hnswlib usearch qdrant-client lancedb); one that takes
// longer than the budget's seconds for an answer is left out from there on, and one that is slow is measured with as
// many queries as --seconds allow.
import { efOf } from '#rooms/indexes/hnsw/walk-cost.js'
import { createWorkerPool } from '#rooms/workers/worker-pool.js'
import { temporaryFolder } from './support/at-exit.js'
import type { Contender } from './support/contender.js'
import { contendersFor } from './support/contenders.js'
import { machineLine } from './support/machine.js'
import { MillraceIndex } from './support/millrace-index.js'
import { optionsFrom } from './support/options.js'
import { progress } from './support/progress.js'
import { median, spread } from './support/statistics.js'
import { vectorSetFrom } from './support/vector-set.js'

const options = optionsFrom(
  {
    ...{ rows: '200000', dim: '128', clusters: '1000', queries: '1000', data: '' },
    ...{ runs: '3', peers: 'all', budget: '900', seconds: '3' },
  },
  { rows: '5000', clusters: '50', queries: '50', runs: '1', budget: '60', seconds: '0.5' },
)
const efs = [16, 24, 32, 48, 64, 128]
const m = 16
/** What AUTOINDEX takes where a search of ten names none. */
const efDefault = efOf({}, 10)
const directory = temporaryFolder(options.directory)
const pool = createWorkerPool()

try {
  console.log(machineLine())
  const set = vectorSetFrom(options, directory)
  const { rowCount, dim, clusterCount } = set.options
  const source = options.data || `${clusterCount} clusters`
  console.log(`${rowCount} × ${dim}, ${source}, ${options.runs} runs in turn`)
  const contenders = contendersFor(set, pool, options)
  try {
    const built = await builds(contenders)
    await tellBuilds(built, rowCount)
    const measured = built.map(({ contender }) => contender)
    await tellLoads(measured)
    await tellCurve(measured)
    await tellMemory(measured, rowCount, dim)
  } finally {
    for (const contender of contenders) await contender.close()
  }
} finally {
  await pool.close()
}

/** A contender and the seconds of its builds. */
interface Built {
  readonly contender: Contender
  readonly seconds: number[]
}

/** @returns those that are not left out */
async function builds(contenders: readonly Contender[]): Promise<Built[]> {
  let built = contenders.map((contender): Built => ({ contender, seconds: [] }))
  for (let run = 1; run <= Number(options.runs); run++) {
    for (const { contender, seconds } of built) {
      progress(`run ${run}: ${contender.name} is built`)
      seconds.push(await contender.build())
      console.log(`  run ${run}: ${contender.name} ${seconds.at(-1)!.toFixed(1)} s`)
    }
    built = built.filter(({ seconds }) => !Number.isNaN(seconds.at(-1)))
  }
  return built
}

async function tellBuilds(built: readonly Built[], rowCount: number): Promise<void> {
  const [own, auto] = built
  const { recall } = await auto.contender.search(efDefault, 'all')
  console.log(
    `\nbuild (AUTOINDEX, searched as it is by default, has recall@10 ${recall.toFixed(4)})`,
  )
  for (const { contender, seconds } of built) {
    const rate = `${Math.round(rowCount / median(seconds))} rows/s`
    const ratio = (other: Built) => (median(seconds) / median(other.seconds)).toFixed(2)
    const ratios = `it / millrace HNSW ${ratio(own)}, it / AUTOINDEX ${ratio(auto)}`
    console.log(`  ${contender.name.padEnd(20)} ${spread(seconds)}, ${rate}, ${ratios}`)
  }
}

/** Of our own graphs: how long they take to be read, medians of 5. */
async function tellLoads(contenders: readonly Contender[]): Promise<void> {
  console.log('\nload, checksum included / read of the same bytes into new memory')
  for (const contender of contenders) {
    if (!(contender instanceof MillraceIndex)) continue
    const ratios: number[] = []
    for (let run = 0; run < 5; run++) ratios.push(await contender.loadRatio())
    console.log(`  ${contender.name.padEnd(20)} ${spread(ratios)}`)
  }
}

/** In turn for each ef, so that what else the machine does meets all of them. */
async function tellCurve(contenders: readonly Contender[]): Promise<void> {
  for (const ef of efs) {
    console.log(`\nef or nprobe ${String(ef).padEnd(9)} recall@10  queries/s  p50`)
    for (const contender of contenders) {
      const { recall, queriesPerSecond, p50Ms } = await contender.search(ef, 'all')
      const rate = String(Math.round(queriesPerSecond)).padEnd(9)
      console.log(
        `  ${contender.name.padEnd(20)} ${recall.toFixed(4)}     ${rate}  ${p50Ms.toFixed(3)} ms`,
      )
    }
  }
}

/** Of level 0 twice m links a row, of those above it on the average one in m - 1 rows has m a level. */
async function tellMemory(
  contenders: readonly Contender[],
  rowCount: number,
  dim: number,
): Promise<void> {
  const vectors = rowCount * dim * 4
  const links = rowCount * (2 * m + m / (m - 1)) * 4
  const mib = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`
  console.log(`\nmemory of a fresh process; vectors ${mib(vectors)}, links ${mib(links)}`)
  for (const contender of contenders) {
    progress(`${contender.name}: memory`)
    const bytes = await contender.residentBytes()
    const ratio = (bytes / (vectors + links)).toFixed(2)
    console.log(`  ${contender.name.padEnd(20)} ${mib(bytes)}, ${ratio} × (vectors + links)`)
  }
}
