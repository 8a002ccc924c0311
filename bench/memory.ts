// npm run bench -- memory [--directory DIR] [--json-gb 4] [--npy-gb 8] [--dim 128] [--limit-mib 1024]
// The most resident memory of the server while it imports files of generated random data: a JSON list and a set
// of .npy files, each into one partition and spread over those of a partition key. Files are generated one
// case after the other. Ends with 1 where a case needed more than the limit.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connections, DataType, MilvusClient, utility } from 'millrace/client'
import { writeNpySet } from './support/files.js'
import { machineLine } from './support/machine.js'
import { startMillrace } from './support/millrace-server.js'
import { writeVectorText } from './support/text-files.js'

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    'json-gb': { type: 'string', default: '4' },
    'npy-gb': { type: 'string', default: '8' },
    dim: { type: 'string', default: '128' },
    'limit-mib': { type: 'string', default: '1024' },
  },
})
const dim = Number(options.dim)
const limitMib = Number(options['limit-mib'])
const directory = mkdtempSync(join(options.directory, 'millrace-bench-'))
const root = join(directory, 'root')
const collectionName = 'bench_memory'

/** What a number takes in the text, with its comma and space, on average. */
const numberTextBytes = 13

try {
  console.log(machineLine())
  const jsonRows = Math.floor((Number(options['json-gb']) * 1e9) / (dim * numberTextBytes))
  const npyRows = Math.floor((Number(options['npy-gb']) * 1e9) / (dim * 4 + 16))
  await measure('json', (hasTags) => {
    const path = join(root, 'rows.json')
    writeVectorText(path, 'json', jsonRows, dim, hasTags)
    return [path]
  })
  await measure('npy', (hasTags) => writeNpySet(root, npyRows, dim, hasTags))
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function measure(what: string, write: (hasTags: boolean) => string[]): Promise<void> {
  for (const hasTags of [false, true]) {
    mkdirSync(root, { recursive: true })
    await measureImport(what, write(hasTags), hasTags)
    rmSync(root, { recursive: true, force: true })
  }
}

async function measureImport(
  what: string,
  files: readonly string[],
  hasTags: boolean,
): Promise<void> {
  const server = await startMillrace(join(directory, 'data'), root)
  try {
    await connections.connect({ port: server.port })
    const partitionCount = await createCollection(hasTags)
    server.resetPeak()
    const began = performance.now()
    const taskId = await utility.doBulkInsert({ collectionName, files })
    await utility.waitForBulkInsert(taskId, { intervalMs: 100 })
    const seconds = (performance.now() - began) / 1000
    const gigabytes = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e9
    const peakMib = server.peakMib()
    console.log(
      `${what}, ${gigabytes.toFixed(2)} GB into ${partitionCount} partition(s): ${seconds.toFixed(1)} s, peak ${peakMib.toFixed(0)} MiB`,
    )
    if (!(peakMib <= limitMib)) process.exitCode = 1
  } finally {
    await connections.disconnect('default')
    await server.stop()
    rmSync(join(directory, 'data'), { recursive: true, force: true })
  }
}

/** @returns how many partitions it has */
async function createCollection(hasTags: boolean): Promise<number> {
  const client = new MilvusClient()
  await client.createCollection({
    collectionName,
    ...(hasTags ? { numPartitions: 64 } : {}),
    fields: [
      { name: 'id', dataType: DataType.Int64, isPrimary: true },
      { name: 'vector', dataType: DataType.FloatVector, dim },
      ...(hasTags ? [{ name: 'tag', dataType: DataType.Int64, isPartitionKey: true }] : []),
    ],
  })
  return (await client.describeCollection(collectionName)).partitionCount
}
