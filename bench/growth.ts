// npm run bench -- growth [--rows 100000,1000000] [--dim 128] [--clusters 1000] [--index AUTOINDEX] [--ef 64]
//   [--seconds 5]
// What more rows do: a bulk insert of so many into a new data directory, then its rows/s, the time that a load takes
// beside that of reading the same files into new memory, and searches over gRPC by 1 and 8 clients (it takes Go).
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { encodeNpyHeader } from 'millrace/formats'
import { LoadClient, output } from './support/load-client.js'
import { machineLine } from './support/machine.js'
import { startMillrace } from './support/millrace-server.js'
import { mixture } from './support/mixture.js'
import { searchPath, searchRequests } from './support/search-requests.js'

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    rows: { type: 'string', default: '100000,1000000' },
    dim: { type: 'string', default: '128' },
    clusters: { type: 'string', default: '1000' },
    index: { type: 'string', default: 'AUTOINDEX' },
    ef: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
  },
})
const collectionName = 'bench_growth'
const dim = Number(options.dim)
const blockRows = 8192
const directory = mkdtempSync(join(options.directory, 'millrace-bench-'))

try {
  console.log(machineLine())
  const load = new LoadClient(directory)
  for (const rowCount of options.rows.split(',').map(Number)) await measure(rowCount, load)
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function measure(rowCount: number, load: LoadClient): Promise<void> {
  const root = join(directory, String(rowCount))
  mkdirSync(root)
  const source = mixture(dim, Number(options.clusters), 7)
  const files = writeRows(root, rowCount, source.rows)
  const requests = searchRequests(source.rows(1000), dim, {
    ...{ collectionName, limit: 10, params: { ef: Number(options.ef) } },
  })
  const data = join(root, 'data')
  const server = await startMillrace(data, root)
  try {
    const program = [process.execPath, 'dist/bench/support/served-collection.js']
    const rest = [String(server.port), collectionName, String(dim), 'import', options.index, '{}']
    const took = JSON.parse(await output([...program, ...rest, ...files]))
    const rate = Math.round(rowCount / took.indexed)
    console.log(
      `\n${rowCount} × ${dim}, ${options.index}: ${rate} rows/s until they are searchable`,
    )
    const read = secondsToRead([join(data, 'segments'), join(data, 'indexes')])
    console.log(
      `  loaded in ${took.load.toFixed(2)} s, its files read in ${read.toFixed(2)} s: ${(took.load / read).toFixed(2)}`,
    )
    for (const clients of [1, 8]) {
      const served = { port: server.port, prefix: [] }
      await load.run(served, searchPath, requests, clients, 1)
      const figures = await load.run(served, searchPath, requests, clients, Number(options.seconds))
      const { queriesPerSecond, p50Ms, p99Ms } = figures
      const times = `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`
      console.log(`  ${clients} clients: ${Math.round(queriesPerSecond)} queries/s, ${times}`)
    }
  } finally {
    await server.stop()
    rmSync(root, { recursive: true, force: true })
  }
}

function writeRows(
  root: string,
  rowCount: number,
  rows: (count: number) => Float32Array,
): string[] {
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
  return [
    write(
      'id',
      '<i8',
      [rowCount],
      longs((row) => row),
    ),
    write(
      'bucket',
      '<i8',
      [rowCount],
      longs((row) => row % 100),
    ),
    write('vector', '<f4', [rowCount, dim], (_, count) => rows(count)),
  ]
}

function secondsToRead(folders: readonly string[]): number {
  const began = performance.now()
  for (const folder of folders)
    for (const name of readdirSync(folder)) readFileSync(join(folder, name))
  return (performance.now() - began) / 1000
}
