import { afterEach, beforeEach, expect, it } from 'vitest'
import type { BytesColumn, Column, FixedColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field, schemaOf } from '../support/fields.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
let opened: OpenEngine

beforeEach(async () => {
  opened = await OpenEngine.open()
})
afterEach(() => opened.remove())

const schema = (name = 'c') =>
  schemaOf(name, [
    field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
    field(101, 'vector', DataType.FloatVector, { dim: 2 }),
  ])

function batch(ids: readonly number[], more: readonly [number, Column][] = []) {
  const columns = new Map<number, Column>([
    [100, fixed(BigInt64Array.from(ids, BigInt))],
    [101, { ...fixed(Float32Array.from(ids.flatMap((id) => [id, 1]))), width: 2 }],
    ...more,
  ])
  return { rowCount: ids.length, columns }
}

function fixed(values: FixedColumn['values']): FixedColumn {
  return { shape: 'fixed', values, width: 1, validity: null }
}

const insert = (ids: readonly number[], more: readonly [number, Column][] = [], name = 'c') =>
  opened.engine.insert(db, name, '', batch(ids, more))

const keys = async (name = 'c', dbName = db) => (await opened.numbers(dbName, name, ['id']))[0]

it('takes an index without a name for the one that its field has', async () => {
  await opened.create(db, schema())
  const index = { dbName: db, collectionName: 'c', fieldName: 'vector' }
  const params: [string, string][] = [
    ['index_type', 'FLAT'],
    ['metric_type', 'L2'],
  ]
  await opened.engine.createIndex({ ...index, indexName: 'mine', params })
  await opened.engine.createIndex({ ...index, indexName: '', params })
  const other = opened.engine.createIndex({ ...index, indexName: '', params: [params[0]] })
  await expect(other).rejects.toThrow(/at most one distinct index/)
})

it('does not map an index into memory that lies on disk', async () => {
  await opened.create(db, schema())
  const index = { dbName: db, collectionName: 'c', fieldName: 'vector', indexName: 'mine' }
  const params: [string, string][] = [
    ['index_type', 'DISKANN'],
    ['metric_type', 'L2'],
  ]
  const mapped: [string, string][] = [['mmap.enabled', 'true']]
  const words = 'index type DISKANN does not support mmap'
  const creation = opened.engine.createIndex({ ...index, params: [...params, ...mapped] })
  await expect(creation).rejects.toThrow(words)
  await opened.engine.createIndex({ ...index, params })
  const change = opened.engine.changes.alterIndex(db, 'c', 'mine', { set: mapped, remove: [] })
  await expect(change).rejects.toThrow(words)
})

it('takes no single partitions where there is a partition key', async () => {
  const { fields } = schema()
  await opened.create(
    db,
    schemaOf('c', [
      ...fields,
      field(102, 'word', DataType.VarChar, { isPartitionKey: true, maxLength: 9 }),
    ]),
  )
  const { engine } = opened
  const names = ['_default_0']
  await expect(engine.load(db, 'c', names)).rejects.toThrow(/disable load partitions/)
  await expect(engine.release(db, 'c', names)).rejects.toThrow(/disable release partitions/)
  const deletion = engine.delete(db, 'c', '_default_0', 'id == 1')
  await expect(deletion).rejects.toThrow(/manually specifying the partition names/)
})

it('keeps databases apart, over a restart too', async () => {
  await opened.engine.databases.create('other', [['database.max.collections', '3']])
  await opened.createLoaded(db, schema())
  await opened.createLoaded('other', schema())
  await insert([1])
  await opened.reopen()
  expect(opened.engine.databases.list().map(({ name }) => name)).toEqual(['default', 'other'])
  expect(opened.engine.databases.describe('other').properties).toEqual([
    ['database.max.collections', '3'],
  ])
  expect([await keys(), await keys('c', 'other')]).toEqual([[1], []])
})

it('drops a database that is empty, and no other', async () => {
  const { databases } = opened.engine
  await databases.create('other', [])
  await opened.create('other', schema())
  await expect(databases.drop('other')).rejects.toThrow(
    'database:other not empty, must drop all collections before drop database: invalid parameter',
  )
  await expect(databases.drop('')).rejects.toThrow("database name couldn't be empty")
  await expect(databases.drop('default')).rejects.toThrow(/can not drop default database/)
  await opened.engine.dropCollection('other', 'c')
  await databases.drop('other')
  expect(() => databases.describe('other')).toThrow('database not found[database=other]')
  await expect(opened.create('other', schema())).rejects.toThrow(/database not found/)
})

it('refuses a name that no database may have, also where it is dropped', async () => {
  const { databases } = opened.engine
  const faults = [
    ['', "database name couldn't be empty"],
    ['12-s', 'the first character of a database name must be an underscore or letter'],
    ['no-dash', 'database name can only contain numbers, letters and underscores'],
    ['a'.repeat(256), 'the length of a database name must be less than 255 characters'],
  ]
  for (const [name = '', fault] of faults) {
    const message = `${fault}: invalid database name[database=${name}]`
    await expect(databases.create(name, [])).rejects.toThrow(message)
    await expect(databases.drop(name)).rejects.toThrow(message)
  }
  await expect(databases.drop('missing')).resolves.toBeUndefined()
})

it('refuses to alter nothing', async () => {
  const { databases, changes } = opened.engine
  await opened.create(db, schema())
  const nothing = { set: [], remove: [] }
  await expect(databases.alter(db, nothing)).rejects.toThrow(
    'alter database requires either properties or deletekeys to modify or delete keys, both cannot be empty',
  )
  await expect(changes.alter(db, 'c', nothing)).rejects.toThrow(
    'The collection properties to alter and keys to delete must not be empty at the same time',
  )
})

it('finds a collection by its aliases, in every call', async () => {
  const { aliases } = opened.engine
  await opened.createLoaded(db, schema())
  await opened.createLoaded(db, schema('d'))
  await aliases.create(db, 'c', 'known')
  await insert([1, 2], [], 'known')
  expect(await keys('known')).toEqual([1, 2])
  await aliases.alter(db, 'd', 'known')
  await opened.reopen()
  expect(await keys('known')).toEqual([])
  expect(opened.engine.aliases.list(db, '')).toEqual([{ alias: 'known', collectionName: 'd' }])
  expect(opened.engine.describeCollection(db, 'known').schema.name).toBe('d')
})

it('refuses an alias that is taken, and to drop what has one', async () => {
  const { aliases } = opened.engine
  await opened.create(db, schema())
  await opened.create(db, schema('d'))
  await aliases.create(db, 'c', 'known')
  await aliases.create(db, 'c', 'known')
  await expect(aliases.create(db, 'd', 'known')).rejects.toThrow(/alias already exist/)
  await expect(aliases.create(db, 'c', 'd')).rejects.toThrow(/alias and collection name conflict/)
  await expect(aliases.create(db, 'c', 'a-b')).rejects.toThrow(/Invalid collection alias/)
  await expect(opened.create(db, schema('known'))).rejects.toThrow(/conflicts with an existing/)
  await expect(opened.engine.dropCollection(db, 'known')).rejects.toThrow(/via alias = known/)
  await expect(opened.engine.dropCollection(db, 'c')).rejects.toThrow(
    /associated aliases \[known\]/,
  )
  await aliases.drop(db, 'known')
  await aliases.drop(db, 'known')
  expect(() => aliases.describe(db, 'known')).toThrow('alias not found[database=default]')
  await opened.engine.dropCollection(db, 'c')
})

it('renames a collection, into another database too', async () => {
  await opened.engine.databases.create('other', [])
  await opened.createLoaded(db, schema())
  await opened.create(db, schema('taken'))
  await insert([1])
  await expect(opened.engine.changes.rename(db, 'c', db, 'taken')).rejects.toThrow(/duplicated new/)
  await opened.engine.changes.rename(db, 'c', 'other', 'd')
  expect(opened.engine.hasCollection(db, 'c')).toBe(false)
  await opened.reopen()
  expect(await keys('d', 'other')).toEqual([1])
})

it('gives older rows the default of a field that is added, or null', async () => {
  await opened.createLoaded(db, schema())
  await insert([1])
  await opened.engine.flush(db, 'c')
  await insert([2])
  const { changes } = opened.engine
  await changes.addField(
    db,
    'c',
    field(0, 'rank', DataType.Int64, { nullable: true, defaultValue: 7n }),
  )
  await changes.addField(
    db,
    'c',
    field(0, 'note', DataType.VarChar, { nullable: true, maxLength: 9 }),
  )
  await insert([3], [[102, fixed(BigInt64Array.of(8n))]])
  const seen = async () => {
    const [ids, ranks] = await opened.numbers(db, 'c', ['id', 'rank'])
    expect(ids).toEqual([1, 2, 3])
    expect(ranks).toEqual([7, 7, 8])
    const { fields } = await query('note is null')
    expect(fields[0].rowCount).toBe(3)
  }
  await seen()
  await opened.reopen()
  await seen()
  await opened.engine.flush(db, 'c')
  await seen()
  await opened.reopen()
  await seen()
  await expect(query('rank == 7', ['note'])).resolves.toMatchObject({
    fields: [{ rowCount: 2 }, {}],
  })
})

function query(filter: string, outputFields: string[] = []) {
  const window = { limit: null, offset: 0 }
  const names = { dbName: db, collectionName: 'c', partitionNames: [] }
  return opened.engine.query({ ...names, filter, outputFields, ...window })
}

it('takes rows that were made before a field was added', async () => {
  await opened.createLoaded(db, schema())
  const inserts = Array.from({ length: 20 }, (_, id) => insert([id]))
  const note = field(0, 'note', DataType.Int64, { nullable: true, defaultValue: 1n })
  await Promise.all([...inserts, opened.engine.changes.addField(db, 'c', note)])
  expect(await opened.numbers(db, 'c', ['note'])).toEqual([new Array(20).fill(1)])
})

it('drops a field, and never gives its id again', async () => {
  await opened.createLoaded(db, schema())
  const { changes } = opened.engine
  const tag = field(0, 'tag', DataType.Int64, { nullable: true })
  await changes.addField(db, 'c', tag)
  await insert([1], [[102, fixed(BigInt64Array.of(5n))]])
  await opened.engine.flush(db, 'c')
  await insert([2], [[102, fixed(BigInt64Array.of(5n))]])
  await changes.dropField(db, 'c', 'tag', 0)
  await insert([3])
  await changes.addField(db, 'c', { ...tag, defaultValue: 9n })
  expect(await opened.numbers(db, 'c', ['id', 'tag'])).toEqual([
    [1, 2, 3],
    [9, 9, 9],
  ])
  await opened.engine.flush(db, 'c')
  await opened.reopen()
  expect(opened.engine.describeCollection(db, 'c').schema.fields.map((f) => f.fieldId)).toEqual([
    100, 101, 103,
  ])
  await expect(changes.dropField(db, 'c', 'id', 0)).rejects.toThrow(/cannot drop the primary key/)
  await expect(changes.dropField(db, 'c', 'vector', 0)).rejects.toThrow(/only vector field/)
})

it('turns dynamic fields on', async () => {
  await opened.createLoaded(db, schema())
  await insert([1])
  const set = [['dynamicfield.enabled', 'true']] as const
  await opened.engine.changes.alter(db, 'c', { set, remove: [] })
  const { fields } = await query('', ['$meta'])
  const { column } = fields.find(({ field: { name } }) => name === '$meta')!
  expect(Buffer.from((column as BytesColumn).bytes).toString()).toBe('{}')
  expect(opened.engine.describeCollection(db, 'c').schema.enableDynamicField).toBe(true)
})

it('changes how long a text may be', async () => {
  const text = field(102, 'text', DataType.VarChar, { maxLength: 2 })
  await opened.createLoaded(db, schemaOf('c', [...schema().fields, text]))
  const bytes = Buffer.from('long')
  const column: Column = { shape: 'bytes', offsets: Int32Array.of(0, 4), bytes, validity: null }
  await expect(insert([1], [[102, column]])).rejects.toThrow(/text/)
  const change = { set: [['max_length', '4']] as const, remove: [] }
  await opened.engine.changes.alterField(db, 'c', 'text', change)
  await insert([1], [[102, column]])
  const other = { set: [['dim', '4']] as const, remove: [] }
  await expect(opened.engine.changes.alterField(db, 'c', 'vector', other)).rejects.toThrow(/dim/)
})

it('empties a collection, and what comes after stays', async () => {
  await opened.createLoaded(db, schema())
  await insert([1])
  await opened.engine.flush(db, 'c')
  await insert([2])
  await opened.engine.changes.truncate(db, 'c')
  expect(await keys()).toEqual([])
  await insert([3])
  await opened.reopen()
  expect(await keys()).toEqual([3])
})

it('does not show rows whose time is over', async () => {
  await opened.createLoaded(db, schema(), { 'collection.ttl.seconds': '60' })
  await insert([1])
  await opened.engine.flush(db, 'c')
  opened.pass(40_000)
  await insert([2])
  expect(await keys()).toEqual([1, 2])
  opened.pass(30_000)
  expect(await keys()).toEqual([2])
  await opened.engine.flush(db, 'c')
  await opened.reopen()
  expect(await keys()).toEqual([2])
  opened.pass(40_000)
  expect(await keys()).toEqual([])
  const remove = ['collection.ttl.seconds']
  await opened.engine.changes.alter(db, 'c', { set: [], remove })
  expect(await keys()).toEqual([1, 2])
})
