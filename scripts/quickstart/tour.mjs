import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connections, DataType, MilvusClient, utility } from '../../dist/client/index.js'
import { npyBytes } from '../../dist/formats/index.js'
import { ProgressLine } from './progress-line.mjs'
import { startServer } from './server.mjs'

const rowCount = 10_000
const dim = 128
const collectionName = 'test_collection'
const files = ['data/id.npy', 'data/vector.npy']

/** Serves, loads, searches; then goes on serving until Ctrl-C, or ends at once. */
export async function tour(options) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-quickstart-'))
  const importRoot = join(folder, 'files')
  mkdirSync(importRoot)
  const interrupt = interrupted()
  const server = startServer({
    port: options.port,
    dataDirectory: join(folder, 'store'),
    importRoot,
  })
  try {
    await Promise.race([interrupt, show(server, importRoot, options)])
  } finally {
    connections.disconnect()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function show(server, importRoot, { port, once }) {
  await server.becomesReady()
  say(`millrace serves Milvus's API on 127.0.0.1:${port}`)
  await showBulkInsert(port, importRoot)
  if (once) return
  sayWhatNext(port, importRoot, server.logFile)
  await server.fails()
}

async function showBulkInsert(port, importRoot) {
  const vectors = writeFiles(importRoot)
  await connections.connect({ host: '127.0.0.1', port })
  const client = new MilvusClient()
  await client.createCollection({
    collectionName,
    fields: [
      { name: 'id', dataType: DataType.Int64, isPrimary: true },
      { name: 'vector', dataType: DataType.FloatVector, dim },
    ],
  })
  say(
    `made the collection ${collectionName}: id (Int64, primary key), vector (FloatVector, ${dim})`,
  )
  await bulkInsert()
  await search(client, vectors)
}

function writeFiles(importRoot) {
  const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
  const vectors = seededFloats(rowCount * dim)
  mkdirSync(join(importRoot, 'data'))
  writeFileSync(join(importRoot, files[0]), npyBytes(ids))
  writeFileSync(join(importRoot, files[1]), npyBytes(vectors, [rowCount, dim]))
  say(`wrote ${rowCount.toLocaleString('en')} rows: ${files.join(' and ')} in ${importRoot}`)
  return vectors
}

async function bulkInsert() {
  const progress = new ProgressLine(rowCount)
  const startMs = performance.now()
  const taskId = await utility.doBulkInsert({ collectionName, files })
  const onProgress = (state) => progress.show(state)
  const state = await utility.waitForBulkInsert(taskId, { onProgress })
  const tookMs = performance.now() - startMs
  progress.end()
  const rate = Math.round((rowCount / tookMs) * 1000).toLocaleString('en')
  say(`the bulk insert is Completed after ${Math.round(tookMs)} ms: ${rate} rows a second`)
  console.log(`\n${state}`)
}

async function search(client, vectors) {
  const index = { indexType: 'FLAT', metricType: 'L2' }
  await client.createIndex({ collectionName, fieldName: 'vector', ...index })
  await client.loadCollection(collectionName)
  const row = 42
  const data = [vectors.subarray(row * dim, (row + 1) * dim)]
  const [hits] = await client.search({ collectionName, data, metricType: 'L2', limit: 3 })
  say(`indexed, loaded, searched. The rows nearest to row ${row}:`)
  for (const { id, distance } of hits) {
    console.log(`    id ${String(id).padStart(5)}   distance ${distance.toFixed(4)}`)
  }
}

function sayWhatNext(port, importRoot, logFile) {
  say('What to try next, while this runs:')
  console.log(`
  Python (pip install pymilvus):

    from pymilvus import connections, utility
    connections.connect(${port === 19530 ? '' : `port=${port}`})
    task_id = utility.do_bulk_insert(collection_name="${collectionName}", files=["${files.join('", "')}"])
    print(utility.get_bulk_insert_state(task_id=task_id))

  REST:

    curl -s http://127.0.0.1:${port}/v2/vectordb/jobs/import/list -H 'content-type: application/json' -d '{}'

  Your own files: put them into ${importRoot}
  The server's log: ${logFile}

Ctrl-C ends the server and removes its files.`)
}

/** Settles at Ctrl-C. */
function interrupted() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
  })
}

/** Evenly spread over 0 to 1, the same in every run (a linear congruential sequence). */
function seededFloats(count) {
  let state = 1
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  })
}

function say(text) {
  console.log(`\n▸ ${text}`)
}
