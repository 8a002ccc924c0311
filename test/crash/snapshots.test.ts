/** A server is killed while it makes and restores snapshots: they are whole or absent, and nothing is left over. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { randomFrom, seedOfRun } from '../support/random.js'
import { CrashServer, sleep } from './crash-server.js'
import { createCollection, faultsOf, idsFrom, insertMessage } from './rows.js'

const seed = seedOfRun()
const random = randomFrom(seed)
const name = 'origin'
const killsWanted = 6

let server: CrashServer
/** The rows of the collection, all of which every later snapshot has. */
let rowCount = 0
/** The rows of each snapshot that was asked for. */
const rowsOf = new Map<string, number>()

beforeAll(async () => {
  console.info(`kill -9 of snapshots: seed ${seed}`)
  server = new CrashServer()
  await server.start()
  await createCollection(name)
  await insert(4000)
  await server.connection.call('Flush', { collection_names: [name] })
}, 60_000)

afterAll(() => server.remove())

async function insert(count: number): Promise<void> {
  const ids = idsFrom(rowCount, rowCount + count)
  await server.connection.call('Insert', insertMessage(name, ids))
  rowCount += count
}

/** Makes and restores snapshots until the process is dead. @returns those that were acknowledged */
async function work(round: number): Promise<{ snapshots: string[]; collections: string[] }> {
  const done = { snapshots: [] as string[], collections: [] as string[] }
  const { connection } = server
  const options = { signal: server.signal }
  try {
    for (let count = 0; ; count++) {
      await insert(10)
      const snapshot = `s${round}_${count}`
      rowsOf.set(snapshot, rowCount)
      const about = { collection_name: name, name: snapshot }
      await connection.call('CreateSnapshot', about, options)
      done.snapshots.push(snapshot)
      const target = { target_collection_name: `of_${snapshot}` }
      await connection.call('RestoreSnapshot', { ...about, ...target }, options)
      done.collections.push(`of_${snapshot}`)
    }
  } catch {
    return done // Nobody answers any more.
  }
}

it('keeps what was acknowledged, and the rest whole or not at all', async () => {
  for (let round = 0; round < killsWanted; round++) {
    const working = work(round)
    await sleep(20 + random() * 400)
    await server.kill()
    const done = await working
    await server.start()
    const { snapshots } = await server.connection.call('ListSnapshots', { collection_name: name })
    expect(snapshots).toEqual(expect.arrayContaining(done.snapshots))
    expect(readdirSync(join(server.dataPath, 'snapshots'))).toHaveLength(snapshots.length)
    const { collection_names } = await server.connection.call('ShowCollections', {})
    expect(collection_names).toEqual(expect.arrayContaining(done.collections))
    await endsWhole(collection_names, snapshots)
  }
}, 180_000)

async function endsWhole(collectionNames: readonly string[], snapshots: readonly string[]) {
  for (const restored of collectionNames.filter((each) => each !== name)) {
    const ids = idsFrom(0, rowsOf.get(restored.slice('of_'.length))!)
    expect(await faultsOf(server.connection, restored, ids)).toEqual([])
    await server.connection.call('DropCollection', { collection_name: restored })
  }
  await restoresLast(snapshots)
  const { stats } = await server.connection.call('GetCollectionStatistics', {
    collection_name: name,
  })
  rowCount = Number(stats.find(({ key }) => key === 'row_count')!.value)
}

async function restoresLast(snapshots: readonly string[]) {
  const last = snapshots.at(-1)
  if (last === undefined) return
  const restore = { collection_name: name, name: last, target_collection_name: 'again' }
  await server.connection.call('RestoreSnapshot', restore)
  expect(await faultsOf(server.connection, 'again', idsFrom(0, rowsOf.get(last)!))).toEqual([])
  await server.connection.call('DropCollection', { collection_name: 'again' })
}
