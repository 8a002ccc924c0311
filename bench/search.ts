// npm run bench -- search [--rows 200000] [--dim 128] [--clusters 1000] [--runs 5] [--queries 1000]
//   [--data FILE.npy] [--masks 50,10,1,0.1] [--recalls 0.95,0.99] [--peers hnswlib,faiss,...] [--budget 900]
//   [--seconds 3] [--quick]
// Searches of the graphs of bench/index.ts: all rows, by masks of some percent of them, and by one that takes away
// what is near nine of ten queries ("far"). For each contender the least ef or nprobe that reaches a recall@10, then
// in turn, medians (one that takes thirty times as long as ours is measured once): p50 and p99 of one query after the
// other by one thread, and queries per second by one thread and by two where they are asked for together. The peers are
// those of bench/index.ts; one is left out once an answer took it longer than the budget's seconds, and a measure of a
// slow one ends after --seconds with the queries it has.
import { createWorkerPool } from '#rooms/workers/worker-pool.js'
import { temporaryFolder } from './support/at-exit.js'
import type { Contender } from './support/contender.js'
import { contendersFor } from './support/contenders.js'
import { LeastEffort } from './support/least-effort.js'
import { machineLine } from './support/machine.js'
import { optionsFrom } from './support/options.js'
import { progress } from './support/progress.js'
import { median } from './support/statistics.js'
import { vectorSetFrom } from './support/vector-set.js'

const options = optionsFrom(
  {
    ...{ rows: '200000', dim: '128', clusters: '1000', queries: '1000', data: '' },
    ...{ masks: '50,10,1,0.1', recalls: '0.95,0.99', runs: '5' },
    ...{ peers: 'all', budget: '900', seconds: '3' },
  },
  { rows: '5000', clusters: '50', queries: '50', runs: '1', budget: '60', seconds: '0.5' },
)
/** Of one thread: queries that take less together are asked for again. */
const batchSeconds = 0.2
const farBehind = 30
const directory = temporaryFolder(options.directory)
const pool = createWorkerPool()
const efforts = new LeastEffort()

try {
  console.log(machineLine())
  const set = vectorSetFrom(options, directory)
  progress('looks for the nearest rows by each mask')
  const shares = options.masks.split(',').filter(Boolean)
  for (const percent of shares) set.addMask(`${percent} %`, Number(percent) / 100)
  set.addFarMask()
  const { rowCount, dim, clusterCount } = set.options
  const source = options.data || `${clusterCount} clusters`
  console.log(`${rowCount} × ${dim}, ${source}, ${options.runs} runs in turn`)
  const contenders = contendersFor(set, pool, options)
  try {
    const built = await build(contenders)
    for (const mask of ['all', ...shares.map((percent) => `${percent} %`), 'far']) {
      for (const recall of options.recalls.split(',')) await tell(built, mask, Number(recall))
    }
  } finally {
    for (const contender of contenders) await contender.close()
  }
} finally {
  await pool.close()
}

/** @returns those that are not left out */
async function build(contenders: readonly Contender[]): Promise<Contender[]> {
  const built: Contender[] = []
  for (const contender of contenders) {
    progress(`${contender.name} is built`)
    const seconds = await contender.build()
    if (Number.isNaN(seconds)) continue
    console.log(`  ${contender.name} built in ${seconds.toFixed(1)} s`)
    built.push(contender)
  }
  return built
}

async function tell(contenders: readonly Contender[], mask: string, recall: number): Promise<void> {
  console.log(`\nrows: ${mask}, recall@10 ≥ ${recall}`)
  const taking: Taking[] = []
  for (const contender of contenders) {
    progress(`${contender.name}, rows: ${mask}: looks for recall ${recall}`)
    const effort = await efforts.of(contender, mask, recall)
    if (typeof effort === 'string') console.log(`  ${contender.name.padEnd(20)} ${effort}`)
    else taking.push({ contender, effort, runs: [] })
  }
  for (let run = 0; run < Number(options.runs); run++) {
    progress(`rows: ${mask}, recall ${recall}: run ${run + 1}`)
    for (const each of taking) {
      if (run === 0 || !isFarBehind(each, taking[0])) each.runs.push(await measure(each, mask))
    }
  }
  for (const each of taking) console.log(line(each, taking[0]))
}

/** One that takes so much longer than the first is measured once: what it varies by tells nothing more. */
function isFarBehind({ runs }: Taking, first: Taking): boolean {
  return runs[0].p50Ms > farBehind * first.runs[0].p50Ms
}

/** A contender at its effort. */
interface Taking {
  readonly contender: Contender
  readonly effort: number
  readonly runs: Awaited<ReturnType<typeof measure>>[]
}

async function measure({ contender, effort }: Pick<Taking, 'contender' | 'effort'>, mask: string) {
  const figures = await contender.search(effort, mask)
  const rateOf = async (threadCount: number) => {
    const count = figures.queryCount
    const times = Math.max(1, Math.ceil((batchSeconds * figures.queriesPerSecond) / count))
    let seconds = 0
    for (let time = 0; time < times; time++) {
      seconds += count / (await contender.batch(effort, mask, threadCount, count))
    }
    return (count * times) / seconds
  }
  return { ...figures, one: await rateOf(1), two: await rateOf(2) }
}

function line({ contender, effort, runs }: Taking, first: Taking): string {
  const middle = (figure: 'p50Ms' | 'p99Ms' | 'cpuMs' | 'one' | 'two' | 'recall', of = runs) =>
    median(of.map((run) => run[figure]))
  const times = `p50 ${middle('p50Ms').toFixed(3)} p99 ${middle('p99Ms').toFixed(3)} ms`
  const rates = `1 thread ${rate(middle('one'))}, 2 threads ${rate(middle('two'))} queries/s`
  const ratio = (figure: 'one' | 'two') => (middle(figure, first.runs) / middle(figure)).toFixed(2)
  return (
    `  ${contender.name.padEnd(20)} at ${String(effort).padEnd(3)} recall ${middle('recall').toFixed(3)}, ` +
    `${times}, CPU ${middle('cpuMs').toFixed(3)} ms, ${rates}; ` +
    `${first.contender.name} / it ${ratio('one')}, ${ratio('two')}`
  )
}

function rate(queriesPerSecond: number): string {
  return Number.isNaN(queriesPerSecond) ? '–' : String(Math.round(queriesPerSecond))
}
