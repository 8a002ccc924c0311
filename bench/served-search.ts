// npm run bench -- served-search [--rows 200000] [--dim 128] [--clusters 1000] [--queries 1000] [--seconds 5]
//   [--data FILE.npy] [--indexes HNSW,AUTOINDEX,FLAT,IVF_FLAT] [--clients 1,8,64] [--recall 0.95] [--importing]
//   [--systems millrace,milvus,milvus-lite] [--budget 900] [--quick]
// Searches over gRPC by a compiled client (it takes Go) with pre-encoded requests of one vector each: for each
// index and filter the least ef or nprobe that reaches recall@10, then as many calls as the clients get through.
// Beside it what the client does against an empty server, and the peers of support/served-systems.ts.
// A system that has not taken the rows within the budget's seconds is left out; recall is that of as many queries as are
// answered within four times --seconds.
// --importing: the same files are imported again and again, into another collection, meanwhile.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npyBytes } from 'millrace/formats'
import { decode, encode } from '#rooms/wire/codec.js'
import { temporaryFolder } from './support/at-exit.js'
import { LoadClient, output } from './support/load-client.js'
import { machineLine } from './support/machine.js'
import { cpuSecondsOf } from './support/millrace-server.js'
import { optionsFrom } from './support/options.js'
import { progress } from './support/progress.js'
import { searchPath, searchRequests } from './support/search-requests.js'
import { type ServedSystem, systemStarts } from './support/served-systems.js'
import { VectorSet } from './support/vector-set.js'

const options = optionsFrom(
  {
    ...{ rows: '200000', dim: '128', clusters: '1000', queries: '1000', data: '', seconds: '5' },
    ...{ indexes: 'HNSW,AUTOINDEX,FLAT,IVF_FLAT', clients: '1,8,64', recall: '0.95' },
    ...{ systems: 'millrace,milvus,milvus-lite', budget: '900' },
  },
  {
    ...{ rows: '3000', clusters: '50', queries: '50', seconds: '1' },
    ...{ indexes: 'HNSW', clients: '1,8', budget: '60' },
  },
  ['importing'],
)
const k = 10
const efs = [10, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512]
const nprobes = [1, 2, 4, 8, 16, 32, 64, 128]
const filters = [
  { name: 'all', expr: '' },
  { name: '1 %', expr: 'bucket < 1' },
  { name: '50 %', expr: 'bucket < 50' },
]
const indexes = {
  HNSW: { build: { M: 16, efConstruction: 200 }, search: efs.map((ef) => ({ ef })) },
  AUTOINDEX: { build: {}, search: [{}, ...efs.map((ef) => ({ ef }))] },
  FLAT: { build: {}, search: [{}] },
  IVF_FLAT: { build: { nlist: 1024 }, search: nprobes.map((nprobe) => ({ nprobe })) },
} as const
type IndexName = keyof typeof indexes

const seconds = Number(options.seconds)
const clientCounts = options.clients.split(',').map(Number)
const directory = temporaryFolder(options.directory)

console.log(machineLine())
const load = new LoadClient(directory)
const set = new VectorSet({
  rowCount: Number(options.rows),
  dim: Number(options.dim),
  clusterCount: Number(options.clusters),
  nq: Number(options.queries),
  data: options.data,
  k,
  directory: join(directory, 'set'),
})
const { rowCount, dim, clusterCount, nq } = set.options
set.addMask('1 %', 0.01)
set.addMask('50 %', 0.5)
const files = writeFiles(set)
const source = options.data || `${clusterCount} clusters`
console.log(`${rowCount} × ${dim}, ${source}, ${nq} queries, k ${k}`)
await tellCeiling(load, set)
for (const name of options.systems.split(',')) {
  progress(`${name} starts`)
  const system = await systemStarts[name](directory)
  if (system) await measure(system, load, set, files)
  else console.log(`\n${name}: left out, there is none`)
}

function writeFiles(set: VectorSet): string[] {
  const { rowCount, dim } = set.options
  const folder = join(directory, 'files')
  mkdirSync(folder)
  const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
  const buckets = BigInt64Array.from(set.places(), (place) => BigInt(Math.floor(place * 100)))
  const bytes = set.memory.bytesOf(set.rows)
  const vectors = new Float32Array(bytes.buffer, bytes.byteOffset, rowCount * dim)
  return [
    ['id', npyBytes(ids, [rowCount])] as const,
    ['bucket', npyBytes(buckets, [rowCount])] as const,
    ['vector', npyBytes(vectors, [rowCount, dim])] as const,
  ].map(([name, bytes]) => {
    const path = join(folder, `${name}.npy`)
    writeFileSync(path, bytes)
    return path
  })
}

function requestsOf(set: VectorSet, collectionName: string, filter: string, params: object) {
  const { nq, dim } = set.options
  const bytes = set.memory.bytesOf(set.queries)
  const queries = new Float32Array(bytes.buffer, bytes.byteOffset, nq * dim)
  return searchRequests(queries, dim, { collectionName, filter, limit: k, params: { ...params } })
}

async function tellCeiling(load: LoadClient, set: VectorSet): Promise<void> {
  const requests = requestsOf(set, 'bench_hnsw', '', { ef: 64 })
  const answer = encode('SearchResults', {
    results: { top_k: BigInt(k), num_queries: 1n, scores: new Float32Array(k) } as never,
  })
  for (const clients of clientCounts) {
    const { queriesPerSecond, p50Ms } = await load.ceiling(searchPath, requests, answer, clients, 2)
    const rate = `${Math.round(queriesPerSecond)} calls/s, p50 ${p50Ms.toFixed(2)} ms`
    console.log(`  empty server, ${clients} clients: ${rate}`)
  }
}

async function measure(
  system: ServedSystem,
  load: LoadClient,
  set: VectorSet,
  files: readonly string[],
): Promise<void> {
  try {
    for (const name of options.indexes.split(',') as IndexName[]) {
      const collectionName = `bench_${name.toLowerCase()}`
      progress(`${system.name}, ${name}: is filled`)
      const took = await fill(system, collectionName, name, files, set.options.dim)
      console.log(`\n${system.name}, ${name}: ${took}`)
      for (const filter of filters) {
        const requests = (params: object) => requestsOf(set, collectionName, filter.expr, params)
        progress(`${system.name}, ${name}, rows: ${filter.name}`)
        const least = await leastParams(system, load, set, name, filter.name, requests)
        if (least) await tell(system, load, requests(least), files, set)
      }
    }
  } catch (error) {
    console.log(`  ${system.name}: left out, ${String(error)}`)
  } finally {
    await system.stop()
  }
}

async function fill(
  { port, prefix, way }: ServedSystem,
  collectionName: string,
  name: IndexName,
  files: readonly string[],
  dim: number,
): Promise<string> {
  const { build } = indexes[name]
  const program = [process.execPath, 'dist/bench/support/served-collection.js']
  const rest = [String(port), collectionName, String(dim), way, name, JSON.stringify(build)]
  const took = JSON.parse(
    await output([...prefix, ...program, ...rest, ...files], Number(options.budget)),
  )
  return `searchable after ${took.indexed.toFixed(1)} s, loaded in ${took.load.toFixed(2)} s`
}

async function leastParams(
  system: ServedSystem,
  load: LoadClient,
  set: VectorSet,
  name: IndexName,
  filter: string,
  requests: (params: object) => Uint8Array[],
): Promise<object | null> {
  const count = await affordableCount(system, load, requests(indexes[name].search[0]))
  for (const params of indexes[name].search) {
    const answers = await load.once(system, searchPath, requests(params).slice(0, count))
    const recall = set.recallOf(filter, Uint32Array.from(answers.flatMap(idsOf)))
    if (recall < Number(options.recall)) continue
    console.log(
      `  rows: ${filter}, ${JSON.stringify(params)}, recall@${k} ${recall.toFixed(3)} of ${count} queries`,
    )
    return params
  }
  console.log(`  rows: ${filter}: does not reach recall@${k} ${options.recall}`)
  return null
}

/** Queries that are answered, one after the other, within four times the seconds of a measure. */
async function affordableCount(
  system: ServedSystem,
  load: LoadClient,
  requests: readonly Uint8Array[],
): Promise<number> {
  const few = requests.slice(0, 10)
  const began = performance.now()
  await load.once(system, searchPath, few)
  const each = (performance.now() - began) / 1000 / few.length
  return Math.min(requests.length, Math.max(few.length, Math.floor((4 * seconds) / each)))
}

/** Always k of them: where fewer were found the last ones are nobody's. */
function idsOf(answer: Uint8Array): number[] {
  const { status, results } = decode('SearchResults', answer)
  if (status?.code || status?.error_code) throw new Error(status.reason)
  const ids = [...(results?.ids?.int_id?.data ?? [])].map(Number)
  return Array.from({ length: k }, (_, at) => ids[at] ?? 0xffffffff)
}

async function tell(
  system: ServedSystem,
  load: LoadClient,
  requests: readonly Uint8Array[],
  files: readonly string[],
  set: VectorSet,
): Promise<void> {
  for (const clients of clientCounts) {
    await load.run(system, searchPath, requests, clients, Math.min(1, seconds))
    const importing = options.importing ? importMeanwhile(system, files, set) : null
    const before = cpuSecondsOf(system.pid)
    const figures = await load.run(system, searchPath, requests, clients, seconds)
    const cpuUs = ((cpuSecondsOf(system.pid) - before) / figures.count) * 1e6
    const { queriesPerSecond, p50Ms, p99Ms, maxMs, failed, count } = figures
    const times = [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(2)).join(' / ')
    const client = `client ${((figures.clientCpuSeconds / count) * 1e6).toFixed(0)} µs`
    console.log(
      `    ${clients} clients: ${Math.round(queriesPerSecond)} queries/s, p50 / p99 / max ${times} ms, ` +
        `p99 / p50 ${(p99Ms / p50Ms).toFixed(1)}, ` +
        `CPU a query: server ${cpuUs.toFixed(0)} µs, ${client}${failed ? `, ${failed} failed` : ''}`,
    )
    if (importing) console.log(`      imports meanwhile: ${await importing()}`)
  }
}

/** Imports until it is asked how many rows a second went in. */
function importMeanwhile(
  system: ServedSystem,
  files: readonly string[],
  { options: { rowCount, dim } }: VectorSet,
): () => Promise<string> {
  let isOver = false
  let imports = 0
  const began = performance.now()
  const work = (async () => {
    while (!isOver) {
      await fill(system, 'bench_meanwhile', 'FLAT', files, dim)
      imports++
    }
  })()
  return async () => {
    isOver = true
    await work
    return `${Math.round((imports * rowCount) / ((performance.now() - began) / 1000))} rows/s`
  }
}
