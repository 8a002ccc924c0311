// npm run bench -- growth [--rows 100000,1000000,4000000] [--max-rows N] [--dim 128] [--clusters 1000]
//   [--index AUTOINDEX] [--recall 0.95] [--queries 500] [--seconds 5] [--budget 3600] [--quick]
// What more rows do: a bulk insert of so many into a new data directory, then its rows/s until they are durable and
// until they are searchable, what disk and memory they take, the time that a load takes in a new process beside that of
// reading the same files into new memory, and searches over gRPC by 1 and 8 clients at the least ef with the recall@10
// (it takes Go). Each line ends with its ratio to the step before. 4,000,000 × 128 take 2 GB of files to import, which go
// once they are in, and about twice as much for the data; --max-rows leaves out what is larger, and it ends
// where an import or a load takes more than the budget's seconds.
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { encodeNpyHeader } from 'millrace/formats'
import { decode } from '#rooms/wire/codec.js'
import { temporaryFolder } from './support/at-exit.js'
import { LoadClient, output } from './support/load-client.js'
import { machineLine } from './support/machine.js'
import { type BenchServer, startMillrace } from './support/millrace-server.js'
import { mixture } from './support/mixture.js'
import { NearRows } from './support/near-rows.js'
import { optionsFrom } from './support/options.js'
import { progress } from './support/progress.js'
import { searchPath, searchRequests } from './support/search-requests.js'
import { recallOf } from './support/vector-set.js'

const options = optionsFrom(
  {
    ...{ rows: '100000,1000000,4000000', 'max-rows': '', dim: '128', clusters: '1000' },
    ...{ index: 'AUTOINDEX', recall: '0.95', queries: '500', seconds: '5', budget: '3600' },
  },
  { rows: '25000,50000', clusters: '100', queries: '100', seconds: '1' },
)
const collectionName = 'bench_growth'
const dim = Number(options.dim)
const k = 10
const m = 16
const efs = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512]
const blockRows = 8192
const directory = temporaryFolder(options.directory)

console.log(machineLine())
const load = new LoadClient(directory)
const rowsMax = Number(options['max-rows'] || Number.POSITIVE_INFINITY)
let before: Step | null = null
for (const rowCount of options.rows.split(',').map(Number)) {
  if (rowCount > rowsMax) console.log(`\n${rowCount} rows: left out by --max-rows`)
  else before = await measure(rowCount, load, before)
}

/** Figures that the next step is compared with: rows or queries per second. */
interface Step {
  readonly imported: number
  readonly searchable: number
  readonly served: readonly number[]
}

/** Queries, and the rows that they must find. */
interface Asked {
  readonly queries: Float32Array
  readonly truth: Uint32Array
}

async function measure(rowCount: number, load: LoadClient, before: Step | null): Promise<Step> {
  const root = join(directory, String(rowCount))
  const data = join(root, 'data')
  mkdirSync(root)
  try {
    progress(`${rowCount} rows are written`)
    const { files, asked } = writeRows(root, rowCount)
    const rates = await fill(root, data, rowCount, files, before)
    const server = await startMillrace(data, root)
    try {
      await tellLoad(server, data, rowCount)
      return { ...rates, served: await tellSearches(server, load, asked, before) }
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

async function fill(
  root: string,
  data: string,
  rowCount: number,
  files: readonly string[],
  before: Step | null,
): Promise<Omit<Step, 'served'>> {
  progress(`${rowCount} rows are imported`)
  const server = await startMillrace(data, root)
  try {
    server.resetPeak()
    const took = await served(server, 'build', files)
    const imported = rowCount / took.imported
    const searchable = rowCount / took.indexed
    const peak = `${Math.round(server.peakMib())} MiB at most`
    console.log(`\n${rowCount} × ${dim}, ${options.index}`)
    console.log(`  imported: ${rateLine(imported, 'rows', before?.imported)}`)
    console.log(`  searchable: ${rateLine(searchable, 'rows', before?.searchable)}, ${peak}`)
    return { imported, searchable }
  } finally {
    await server.stop()
    for (const file of files) rmSync(file)
  }
}

async function tellLoad(server: BenchServer, data: string, rowCount: number): Promise<void> {
  progress(`${rowCount} rows are loaded`)
  const folders = [join(data, 'segments'), join(data, 'indexes')]
  const read = secondsToRead(folders)
  const idle = server.residentMib()
  const { load } = await served(server, 'load', [])
  const taken = server.residentMib() - idle
  const whole = (rowCount * (dim + 2 * m + m / (m - 1)) * 4) / 1024 ** 2
  const disk = folders.map((folder) => `${Math.round(bytesIn(folder) / 1024 ** 2)} MiB`)
  const ratio = (taken / whole).toFixed(2)
  const parts = readdirSync(folders[1]).length
  console.log(
    `  on disk: rows ${disk[0]}, ${parts} indexes ${disk[1]}; loaded: ${Math.round(taken)} MiB, ` +
      `${ratio} × (vectors + links), in ${load.toFixed(2)} s, its files read in ${read.toFixed(2)} s: ` +
      (load / read).toFixed(2),
  )
}

async function tellSearches(
  server: BenchServer,
  load: LoadClient,
  asked: Asked,
  before: Step | null,
): Promise<number[]> {
  const target = { port: server.port, prefix: [] }
  const { ef, recall } = await leastEf(target, load, asked)
  const requests = requestsOf(asked, ef)
  const rates: number[] = []
  for (const [at, clients] of [1, 8].entries()) {
    await load.run(target, searchPath, requests, clients, 1)
    const cpu = server.cpuSeconds()
    const figures = await load.run(target, searchPath, requests, clients, Number(options.seconds))
    const { queriesPerSecond, p50Ms, p99Ms, count } = figures
    const cpuUs = ((server.cpuSeconds() - cpu) / count) * 1e6
    const times = `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, CPU ${cpuUs.toFixed(0)} µs`
    const rate = rateLine(queriesPerSecond, 'queries', before?.served[at])
    console.log(
      `  ${clients} clients at ef ${ef}, recall@${k} ${recall.toFixed(3)}: ${rate}, ${times}`,
    )
    rates.push(queriesPerSecond)
  }
  return rates
}

/** The last one where none reaches the recall. */
async function leastEf(
  target: { port: number; prefix: readonly string[] },
  load: LoadClient,
  asked: Asked,
): Promise<{ ef: number; recall: number }> {
  let best = { ef: 0, recall: 0 }
  for (const ef of efs) {
    const answers = await load.once(target, searchPath, requestsOf(asked, ef))
    best = { ef, recall: recallOf(asked.truth, Uint32Array.from(answers.flatMap(idsOf)), k) }
    if (best.recall >= Number(options.recall)) break
  }
  return best
}

function requestsOf({ queries }: Asked, ef: number): Uint8Array[] {
  return searchRequests(queries, dim, { collectionName, limit: k, params: { ef } })
}

function idsOf(answer: Uint8Array): number[] {
  const { status, results } = decode('SearchResults', answer)
  if (status?.code || status?.error_code) throw new Error(status.reason)
  const ids = [...(results?.ids?.int_id?.data ?? [])].map(Number)
  return Array.from({ length: k }, (_, at) => ids[at] ?? 0xffffffff)
}

function rateLine(rate: number, what: string, before: number | undefined): string {
  const ratio = before === undefined ? '' : ` (${(rate / before).toFixed(2)} × the step before)`
  return `${Math.round(rate)} ${what}/s${ratio}`
}

async function served(
  server: BenchServer,
  way: 'build' | 'load',
  files: readonly string[],
): Promise<Record<string, number>> {
  const program = [process.execPath, 'dist/bench/support/served-collection.js']
  const rest = [String(server.port), collectionName, String(dim), way, options.index, '{}']
  return JSON.parse(await output([...program, ...rest, ...files], Number(options.budget)))
}

/** Of the mixture, block by block: of a step with more rows the first ones are the same. */
function writeRows(root: string, rowCount: number): { files: string[]; asked: Asked } {
  const source = mixture(dim, Number(options.clusters), 7)
  const queries = source.rows(Number(options.queries))
  const near = new NearRows(queries, dim, k)
  const write = (
    name: string,
    descr: string,
    shape: readonly number[],
    block: (first: number, count: number) => BigInt64Array | Float32Array,
  ) => {
    const path = join(root, `${name}.npy`)
    const descriptor = openSync(path, 'w')
    writeSync(descriptor, encodeNpyHeader(descr, shape))
    for (let first = 0; first < rowCount; first += blockRows) {
      writeSync(descriptor, block(first, Math.min(blockRows, rowCount - first)))
    }
    closeSync(descriptor)
    return path
  }
  const longs = (numberOf: (row: number) => number) => (first: number, count: number) =>
    BigInt64Array.from({ length: count }, (_, row) => BigInt(numberOf(first + row)))
  const vectors = (_first: number, count: number) => {
    const rows = source.rows(count)
    near.add(rows)
    return rows
  }
  const ids = longs((row) => row)
  const buckets = longs((row) => row % 100)
  const files = [
    write('id', '<i8', [rowCount], ids),
    write('bucket', '<i8', [rowCount], buckets),
    write('vector', '<f4', [rowCount, dim], vectors),
  ]
  return { files, asked: { queries, truth: near.numbers() } }
}

function secondsToRead(folders: readonly string[]): number {
  const began = performance.now()
  for (const folder of folders)
    for (const name of readdirSync(folder)) readFileSync(join(folder, name))
  return (performance.now() - began) / 1000
}

function bytesIn(folder: string): number {
  const files = readdirSync(folder).map((name) => statSync(join(folder, name)))
  return files.reduce((sum, { size }) => sum + size, 0)
}
