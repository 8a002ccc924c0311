// npm run bench -- stalls [--rows 1000000] [--searched 200000] [--dim 128] [--clients 1] [--only NAME;...] [--profile]
// One stream of searches on a collection of its own (it takes Go), while the server does something heavy beside it.
// For each such thing: the longest time in which the main thread ran nothing, how much of that was its own work and
// how much waiting for a core, and what the searches took: p50, p99 and the longest. First without anything beside
// it, and beside two programs that do nothing but run. --profile names what the main thread did meanwhile.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connections } from 'millrace/client'
import { npyBytes } from 'millrace/formats'
import { writeNpySet } from './support/files.js'
import { LoadClient } from './support/load-client.js'
import { machineLine } from './support/machine.js'
import { mixture } from './support/mixture.js'
import { writeParquet } from './support/parquet-file.js'
import { searchPath, searchRequests } from './support/search-requests.js'
import type { Stall, WatchedStalls } from './support/stall-watch.js'
import {
  StalledCollection,
  type StallFiles,
  type StallWork,
  stallWorks,
} from './support/stall-works.js'
import { writeVectorText } from './support/text-files.js'
import { startWatched, type WatchedServer } from './support/watched-server.js'

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    rows: { type: 'string', default: '1000000' },
    searched: { type: 'string', default: '200000' },
    dim: { type: 'string', default: '128' },
    clients: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    profile: { type: 'boolean', default: false },
  },
})
const [rowCount, searchedCount, dim, clients] = [
  ...[options.rows, options.searched, options.dim, options.clients],
].map(Number)
const names = options.only ? options.only.split(';') : null
const directory = mkdtempSync(join(options.directory, 'millrace-bench-'))

try {
  console.log(machineLine())
  const load = new LoadClient(directory)
  const data = join(directory, 'data')
  const server = await startWatched(data, directory, options.profile)
  try {
    await connections.connect({ port: server.port, timeout: 60 })
    await measure(server, load)
  } finally {
    connections.disconnect()
    await server.stop()
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function measure(server: WatchedServer, load: LoadClient): Promise<void> {
  const { files, queries } = writeFiles()
  const searched = new StalledCollection('searched', dim)
  await searched.create()
  await searched.import(files.searched)
  await searched.load()
  const requests = searchRequests(queries, dim, { collectionName: 'searched', limit: 10 })
  await load.run(server, searchPath, requests, clients, 2)
  const works: StallWork[] = [
    { name: 'nothing', run: () => sleep(5000) },
    { name: 'busy programs', run: beBusy },
    ...stallWorks(dim, files),
  ]
  console.log(`${clients} clients, ${rowCount} rows in the work beside them`)
  for (const { name, prepare, run } of works) {
    if (names && !names.includes(name)) continue
    await prepare?.()
    const stop = load.runMeanwhile(server, searchPath, requests, clients)
    await sleep(300)
    await server.begin()
    const began = performance.now()
    await run()
    await sleep(200)
    const seconds = (performance.now() - began) / 1000
    const stalls = await server.end()
    tell(name, seconds, stalls, await stop())
  }
}

function writeFiles(): { files: StallFiles; queries: Float32Array } {
  const folder = join(directory, 'files')
  mkdirSync(folder)
  const source = mixture(dim, 1000, 7)
  const id = join(folder, 'id.npy')
  const vector = join(folder, 'vector.npy')
  const ids = BigInt64Array.from({ length: searchedCount }, (_, row) => BigInt(row))
  writeFileSync(id, npyBytes(ids, [searchedCount]))
  writeFileSync(vector, npyBytes(source.rows(searchedCount), [searchedCount, dim]))
  const textRows = Math.ceil(rowCount / 5)
  const json = join(folder, 'rows.json')
  const csv = join(folder, 'rows.csv')
  writeVectorText(json, 'json', textRows, dim)
  writeVectorText(csv, 'csv', textRows, dim)
  const parquet = join(folder, 'rows.parquet')
  writeParquet(parquet, rowCount, dim)
  const npy = writeNpySet(join(folder, 'large'), rowCount, dim)
  const files = {
    searched: [id, vector],
    npy,
    json: [json],
    csv: [csv],
    parquet: [parquet],
    rowCount,
  }
  return { files, queries: source.rows(1000) }
}

async function beBusy(): Promise<void> {
  const programs = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  )
  await sleep(5000)
  for (const program of programs) program.kill()
}

interface Figures {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly count: number
  readonly failed: number
}

function tell(name: string, seconds: number, watched: WatchedStalls, figures: Figures): void {
  const { p50Ms, p99Ms, maxMs, count, failed } = figures
  const ownMs = watched.stalls.reduce(
    (most, { ranMs, sleptMs }) => Math.max(most, ranMs + sleptMs),
    0,
  )
  const times = [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(2)).join(' / ')
  console.log(
    `${name}, ${seconds.toFixed(1)} s: main thread still for ${watched.maxMs.toFixed(0)} ms at most ` +
      `(${ownMs.toFixed(0)} ms without waiting for a core; garbage ${watched.gcMaxMs.toFixed(0)}), ` +
      `searches p50 / p99 / max ${times} ms (p99 ${(p99Ms / p50Ms).toFixed(1)} × p50), ` +
      `${count} of them${failed ? `, ${failed} failed` : ''}`,
  )
  if (options.profile) tellStacks(watched.stalls)
}

/** The longest ones by what the thread did itself. */
function tellStacks(stalls: readonly Stall[]): void {
  const own = ({ ranMs, sleptMs }: Stall) => ranMs + sleptMs
  const longest = stalls.toSorted((one, other) => own(other) - own(one)).slice(0, 5)
  for (const stall of longest.filter((each) => own(each) >= 8)) {
    const parts = [stall.ranMs, stall.waitedMs, stall.sleptMs].map((ms) => ms.toFixed(0))
    console.log(
      `    ${stall.ms.toFixed(0)} ms: ran ${parts[0]}, waited ${parts[1]}, slept ${parts[2]}`,
    )
    for (const { ms, stack } of stall.stacks) console.log(`      ${ms.toFixed(0)} ms ${stack}`)
  }
}
