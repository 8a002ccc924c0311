/** Disks that are full, files that are broken or gone, threads that die, directories that are taken. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { BulkInsertState, DataType, MilvusClient, utility } from '../../dist/client/index.js'
import { encodeNpyHeader, npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { CrashServer, sleep } from './crash-server.js'
import { createCollection, faultsOf, idsFrom, insertMessage, writeRows } from './rows.js'
import { canMount, SmallDisk } from './small-disk.js'

const client = new MilvusClient({ timeout: 20 })
const { ImportCompleted, ImportFailed } = BulkInsertState

let server: CrashServer
let disk: SmallDisk | null = null

afterEach(async () => {
  await server.remove()
  disk?.unmount()
  disk = null
})

async function startOnSmallDisk(sizeMegabytes: number): Promise<void> {
  disk = SmallDisk.mount(sizeMegabytes * 1024 ** 2)
  server = new CrashServer()
  server.dataPath = join(disk.path, 'data')
  await server.start()
}

async function importEnd(collectionName: string, files = ['id.npy', 'vector.npy']) {
  const taskId = await utility.doBulkInsert({ collectionName, files })
  for (;;) {
    const state = await utility.getBulkInsertState({ taskId })
    if (state.state === ImportCompleted || state.state === ImportFailed) return state
    await sleep(5)
  }
}

const insert = (name: string, begin: number, end: number) =>
  server.connection.call('Insert', insertMessage(name, idsFrom(begin, end)))

describe.runIf(canMount)('a full disk (needs root on Linux)', () => {
  it('fails an import with the reason, and goes on', async () => {
    await startOnSmallDisk(40)
    await createCollection('other')
    await insert('other', 0, 1000)
    await createCollection('full')
    writeRows(server.importRoot, 200_000)
    const failed = await importEnd('full')
    expect(failed.state).toBe(ImportFailed)
    expect(failed.failedReason).toMatch(/could not be written: .*no space left/)
    expect(server.segmentFiles()).toEqual([])
    await insert('other', 1000, 2000)
    expect(await faultsOf(server.connection, 'other', idsFrom(0, 2000))).toEqual([])
    execFileSync('mount', ['-o', `remount,size=${200 * 1024 ** 2}`, disk!.path])
    expect((await importEnd('full')).state).toBe(ImportCompleted)
    expect(await faultsOf(server.connection, 'full', idsFrom(0, 200_000))).toEqual([])
    await server.restart()
    expect(await faultsOf(server.connection, 'full', idsFrom(0, 200_000))).toEqual([])
    expect(await faultsOf(server.connection, 'other', idsFrom(0, 2000))).toEqual([])
  })

  it('refuses inserts, answers, drops, and takes rows again', async () => {
    await startOnSmallDisk(24)
    await createCollection('kept')
    await insert('kept', 0, 100)
    await createCollection('full')
    let rowCount = 0
    const fill = async () => {
      for (; rowCount < 200_000; rowCount += 5000) await insert('full', rowCount, rowCount + 5000)
    }
    await expect(fill()).rejects.toThrow(/could not be written: no space left on the disk/)
    expect(server.hasEnded).toBe(false)
    expect(await faultsOf(server.connection, 'full', idsFrom(0, rowCount))).toEqual([])
    expect(await faultsOf(server.connection, 'kept', idsFrom(0, 100))).toEqual([])
    await expect(server.connection.call('Flush', { collection_names: ['full'] })).rejects.toThrow(
      /no space left/,
    )
    expect(await faultsOf(server.connection, 'full', idsFrom(0, rowCount))).toEqual([])
    await client.dropCollection('full')
    await insert('kept', 100, 200)
    await server.restart()
    expect(await client.hasCollection('full')).toBe(false)
    expect(await faultsOf(server.connection, 'kept', idsFrom(0, 200))).toEqual([])
    execFileSync('mount', ['-o', `remount,size=${200 * 1024 ** 2}`, disk!.path])
    await insert('kept', 200, 20_000)
    await server.connection.call('Flush', { collection_names: ['kept'] })
    expect(await faultsOf(server.connection, 'kept', idsFrom(0, 20_000))).toEqual([])
  })
})

it.each(['missing', 'truncated'])('tells of a segment file that is %s at start', async (fault) => {
  server = new CrashServer()
  await server.start()
  for (const name of ['broken', 'whole']) {
    await createCollection(name)
    await insert(name, 0, 1000)
    await server.connection.call('Flush', { collection_names: [name] })
    await client.loadCollection(name)
  }
  const [file] = server.segmentFiles()
  await server.kill()
  const path = join(server.dataPath, 'segments', file)
  if (fault === 'missing') rmSync(path)
  else truncateSync(path, statSync(path).size - 100)
  await server.start()
  expect(await faultsOf(server.connection, 'whole', idsFrom(0, 1000))).toEqual([])
  const query = () => client.query({ collectionName: 'broken', outputFields: ['count(*)'] })
  await expect(query()).rejects.toThrow(/collection broken could not be loaded: segment file/)
  await expect(client.loadCollection('broken')).rejects.toThrow(file)
  await client.dropCollection('broken')
  await createCollection('broken')
  await insert('broken', 0, 10)
  expect(await faultsOf(server.connection, 'broken', idsFrom(0, 10))).toEqual([])
})

it('lets a thread that runs out of memory fail its import only', async () => {
  server = new CrashServer({ nodeArgs: ['--max-old-space-size=48'] })
  await server.start()
  await client.createCollection({
    collectionName: 'texts',
    fields: [
      { name: 'id', dataType: DataType.Int64, isPrimary: true },
      { name: 'vector', dataType: DataType.FloatVector, dim: 2 },
      { name: 'json', dataType: DataType.JSON },
    ],
  })
  writeHugeText(server.importRoot)
  const { state, failedReason } = await importEnd('texts', ['id.npy', 'vector.npy', 'json.npy'])
  expect(state).toBe(ImportFailed)
  expect(failedReason).toMatch(/the thread that ran .* died: .*memory/)
  expect(server.segmentFiles()).toEqual([])
  await createCollection('after')
  writeRows(server.importRoot, 1000)
  expect((await importEnd('after')).state).toBe(ImportCompleted)
  expect(await faultsOf(server.connection, 'after', idsFrom(0, 1000))).toEqual([])
})

/** One row, with a text that takes far more memory once it is parsed. */
function writeHugeText(importRoot: string): void {
  const text = Buffer.from(`[${'[],'.repeat(3_000_000)}[]]`)
  const header = encodeNpyHeader(`|S${text.length}`, [1])
  writeFileSync(join(importRoot, 'json.npy'), Buffer.concat([header, text]))
  writeFileSync(join(importRoot, 'id.npy'), npyBytes(BigInt64Array.of(1n)))
  writeFileSync(join(importRoot, 'vector.npy'), npyBytes(Float32Array.of(1, 2), [1, 2]))
}

it('serves a data directory once: the second server says so and ends', async () => {
  server = new CrashServer()
  await server.start()
  const second = new CrashServer({ folder: server.folder })
  await expect(second.start()).rejects.toThrow(
    /ended with code 1: millrace: the data directory .* is in use by another millrace server/,
  )
  await createCollection('c')
  await server.kill()
  await second.start()
  expect(await client.hasCollection('c')).toBe(true)
  await second.kill('SIGTERM')
})

it('lets one of several servers that start at once have a dead server’s directory', async () => {
  server = new CrashServer()
  await server.start()
  await server.kill()
  const others = Array.from({ length: 3 }, () => new CrashServer({ folder: server.folder }))
  const starts = await Promise.allSettled(others.map((each) => each.spawned()))
  expect(starts.filter(({ status }) => status === 'fulfilled').length).toBe(1)
  for (const each of others) await each.kill()
})

it('says in one line when there is no store to be had', async () => {
  server = new CrashServer()
  mkdirSync(server.dataPath)
  writeFileSync(join(server.dataPath, 'store.mdb'), 'no store')
  await expect(server.start()).rejects.toThrow(/code 1: millrace: the store .* could not be opened/)
  expect(existsSync(join(server.dataPath, 'store.mdb'))).toBe(true)
})
