import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isFinished } from '../../dist/bulk/import-state.js'
import type { FixedColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { columnsOf, type Row } from '../expr/fixture.js'
import { field, schemaOf } from '../support/fields.js'
import { keepChecksum } from '../support/same-checksum.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'c'
const rowCount = 5000

const schema = schemaOf(name, [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim: 2 }),
  field(102, 'number', DataType.Int64, { nullable: true }),
  field(103, 'word', DataType.VarChar, { maxLength: 20 }),
  field(104, 'doc', DataType.JSON),
  field(105, 'ratio', DataType.Double),
  field(106, 'tags', DataType.Array, { elementType: DataType.Int64, maxCapacity: 4 }),
])
const rows = Array.from(
  { length: rowCount },
  (_, row): Row => ({
    id: BigInt(row),
    vector: [row, 1],
    number: row % 50 === 0 ? null : BigInt((row * 7919) % 1000),
    word: `word ${row % 300}`,
    doc: row % 3 === 0 ? {} : documentOf(row),
    ratio: row / rowCount,
    tags: [BigInt(row % 5), BigInt(row % 7)],
  }),
)

function documentOf(row: number) {
  const list = [row % 9, row % 2 === 0, `t${row % 7}`]
  return { a: { b: row % 100 }, kind: row % 2 === 0 ? 'even' : 'odd', list, price: `${row}.5` }
}

let open: OpenEngine

beforeEach(async () => {
  open = await OpenEngine.open()
  await open.create(db, schema)
})
afterEach(() => open.remove())

function createIndex(fieldName: string, indexType: string, params = {}, indexName = '') {
  return open.engine.createIndex({
    ...{ dbName: db, collectionName: name, fieldName, indexName },
    params: [
      ['index_type', indexType],
      ['params', JSON.stringify(params)],
    ],
  })
}

async function insertRows() {
  await open.engine.insert(db, name, '', { rowCount, columns: columnsOf(schema, rows) })
  await open.engine.flush(db, name)
}

async function indexed() {
  for (;;) {
    const indexes = await open.engine.describeIndex(db, name, '', '')
    if (indexes.every(({ pendingRows, failure }) => pendingRows === 0 || failure)) return indexes
    await aMoment()
  }
}

async function importRows(some: readonly Row[]) {
  const lines = some.map((row) =>
    JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
  )
  writeFileSync(join(open.importRoot, 'rows.jsonl'), lines.join('\n'))
  const task = await open.engine.imports.start({
    ...{ dbName: db, collectionName: name, partitionName: '', idempotencyKey: '' },
    fileGroups: [['rows.jsonl']],
    options: [],
  })
  for (;;) {
    const { state, reason } = open.engine.imports.task(task.taskId).task
    if (isFinished(state)) return expect(reason).toBe('')
    await aMoment()
  }
}

function aMoment() {
  return new Promise((resolve) => setTimeout(resolve, 10))
}

async function load() {
  await open.engine.createIndex({
    ...{ dbName: db, collectionName: name, fieldName: 'vector', indexName: '' },
    params: [
      ['index_type', 'FLAT'],
      ['metric_type', 'L2'],
    ],
  })
  await open.engine.load(db, name, [])
}

async function idsWhere(filter: string): Promise<number[]> {
  const result = await open.engine.query({
    ...{ dbName: db, collectionName: name, partitionNames: [], filter },
    ...{ outputFields: ['id'], limit: null, offset: 0 },
  })
  return [...(result.fields[0].column as FixedColumn).values].map(Number)
}

/** Of a third of the rows, whose documents are empty, nothing holds. */
const whereDocs =
  (passes: (row: number) => boolean): ((row: number) => boolean) =>
  (row) =>
    row % 3 !== 0 && passes(row)
const flat = { json_path: 'doc', json_cast_type: 'JSON' }
const list = { json_path: 'doc["list"]' }
const priced = {
  ...{ json_path: 'doc["price"]', json_cast_type: 'DOUBLE' },
  json_cast_function: 'STRING_TO_DOUBLE',
}
const rowsWhere = (passes: (row: number) => boolean) =>
  Array.from({ length: rowCount }, (_, row) => row).filter(passes)
const numberOf = (row: number) => (row % 50 === 0 ? null : (row * 7919) % 1000)

function indexFiles(): string[] {
  const folder = join(open.folder, 'data', 'indexes')
  return readdirSync(folder).map((file) => join(folder, file))
}

const json = { json_path: 'doc["a"]["b"]', json_cast_type: 'double' }
const grams = { min_gram: 2, max_gram: 3 }
const kindGrams = { ...grams, json_path: 'doc["kind"]', json_cast_type: 'varchar' }

describe('an index on a scalar field', () => {
  it.each([
    ['number', 'STL_SORT', {}, 'number == 17', (row: number) => numberOf(row) === 17],
    ['number', 'BITMAP', {}, 'number is null', (row: number) => numberOf(row) === null],
    ['number', 'INVERTED', {}, 'not (number > 5)', (row: number) => (numberOf(row) ?? 9) <= 5],
    ['word', 'Trie', {}, 'word like "word 29%"', (row: number) => /^29/.test(`${row % 300}`)],
    ['word', 'AUTOINDEX', {}, 'word in ["word 1", "x"]', (row: number) => row % 300 === 1],
    ['word', 'NGRAM', grams, 'word like "%d 29_%"', (row: number) => /^29./.test(`${row % 300}`)],
    [
      ...(['doc', 'NGRAM', kindGrams, 'doc["kind"] like "%ve_"'] as const),
      (row: number) => row % 3 !== 0 && row % 2 === 0,
    ],
    [
      ...(['doc', 'INVERTED', { ...list, json_cast_type: 'ARRAY_DOUBLE' }] as const),
      ...(['json_contains(doc["list"], 7)', whereDocs((row) => row % 9 === 7)] as const),
    ],
    [
      ...(['doc', 'INVERTED', { ...list, json_cast_type: 'ARRAY_VARCHAR' }] as const),
      'json_contains_any(doc["list"], ["t3", "t4"])',
      whereDocs((row) => row % 7 === 3 || row % 7 === 4),
    ],
    [
      ...(['doc', 'INVERTED', { ...list, json_cast_type: 'ARRAY_BOOL' }] as const),
      ...(['json_contains_all(doc["list"], [true])', whereDocs((row) => row % 2 === 0)] as const),
    ],
    [
      ...(['doc', 'INVERTED', flat, 'doc["a"]["b"] > 97 and doc["kind"] == "odd"'] as const),
      whereDocs((row) => row % 100 === 99),
    ],
    [
      ...(['doc', 'INVERTED', flat, 'json_contains_all(doc["list"], [8, "t6"])'] as const),
      whereDocs((row) => row % 9 === 8 && row % 7 === 6),
    ],
    ['doc', 'INVERTED', flat, 'not exists doc["a"]', (row: number) => row % 3 === 0],
    [
      ...(['doc', 'INVERTED', priced, '7.5 <= doc["price"] < 12'] as const),
      whereDocs((row) => row >= 7 && row < 12),
    ],
    ['ratio', 'AUTOINDEX', {}, 'ratio < 0.001', (row: number) => row < 5],
    ['tags', 'INVERTED', {}, 'array_contains(tags, 6)', (row: number) => row % 7 === 6],
    [
      ...(['doc', 'INVERTED', json, 'doc["a"]["b"] == 7'] as const),
      (row: number) => row % 3 !== 0 && row % 100 === 7,
    ],
  ] as const)(
    'on %s of type %s is built, kept and asked',
    async (on, type, params, filter, passes) => {
      await createIndex(on, type, params)
      await insertRows()
      await indexed()
      expect(indexFiles()).toHaveLength(1)
      await load()
      expect(await idsWhere(filter)).toEqual(rowsWhere(passes))
      await open.reopen()
      expect(await idsWhere(filter)).toEqual(rowsWhere(passes))
      await open.engine.dropIndex(db, name, on, '')
      await vi.waitFor(() => expect(indexFiles()).toEqual([]))
      // What it converted is not converted any more.
      const isSame = !('json_cast_function' in params)
      expect(await idsWhere(filter)).toEqual(isSame ? rowsWhere(passes) : [])
    },
  )

  it('is there when an import completes, and after a compaction', async () => {
    await createIndex('number', 'STL_SORT')
    await load()
    for (const half of [rows.slice(0, rowCount / 2), rows.slice(rowCount / 2)]) {
      await importRows(half)
    }
    // Each half is too small to need one.
    await vi.waitFor(() => expect(indexFiles()).toEqual([]))
    await importRows(rows.map((row) => ({ ...row, id: (row.id as bigint) + 100_000n })))
    expect(indexFiles()).toHaveLength(1)
    const { compactionId } = await open.engine.compact(db, name)
    while (open.engine.compactionState(compactionId).executing > 0) await aMoment()
    expect(open.engine.segments(db, name)).toHaveLength(1)
    expect(indexFiles()).toHaveLength(1)
    const found = rowsWhere((row) => numberOf(row) === 17)
    const expected = [...found, ...found.map((row) => row + 100_000)]
    expect(await idsWhere('number == 17')).toEqual(expected)
  })

  it('leaves out rows that are deleted', async () => {
    await createIndex('number', 'STL_SORT')
    await insertRows()
    await indexed()
    await load()
    const [first, ...others] = rowsWhere((row) => numberOf(row) === 17)
    await open.engine.delete(db, name, '', `id in [${first}]`)
    expect(await idsWhere('number == 17')).toEqual(others)
  })

  const sorted = ['number', 'STL_SORT', {}, 'number == 17'] as const
  const inGrams = ['word', 'NGRAM', grams, 'word like "%d 29_%"'] as const
  const inDocs = ['doc', 'INVERTED', flat, 'doc["a"]["b"] == 7'] as const
  const flipped = (good: Uint8Array) =>
    good.map((byte, at) => byte ^ Number(at === good.length >> 1))
  const older = (good: Uint8Array) => {
    const old = good.slice()
    old[3]--
    keepChecksum(old, crc32(good), 56)
    return old
  }
  it.each([
    [...sorted, 'changed', flipped],
    [...sorted, 'of another release', older],
    [...sorted, 'gone', () => null],
    [...inGrams, 'of another release', older],
    [...inGrams, 'cut', (good: Uint8Array) => good.slice(0, 100)],
    [...inDocs, 'changed', flipped],
  ] as const)(
    'on %s of type %s, %j, asked %s is built anew when its file is %s',
    async (...given) => {
      const [on, type, params, filter, , damage] = given
      await createIndex(on, type, params)
      await insertRows()
      await indexed()
      await load()
      const expected = await idsWhere(filter)
      const [path] = indexFiles()
      const good = readFileSync(path)
      const damaged = damage(Uint8Array.from(good))
      if (damaged === null) rmSync(path)
      else writeFileSync(path, damaged)
      await open.reopen()
      expect(await idsWhere(filter)).toEqual(expected)
      expect(open.errors).toEqual(['an index is damaged and is built anew'])
      await indexed()
      expect(readFileSync(path)).toEqual(good)
      expect(await idsWhere(filter)).toEqual(expected)
    },
  )

  it('may be one of several on the paths of a document', async () => {
    const kind = { json_path: 'doc["kind"]', json_cast_type: 'VARCHAR' }
    await createIndex('doc', 'AUTOINDEX', json, 'by_b')
    await createIndex('doc', 'AUTOINDEX', kind)
    await createIndex('doc', 'AUTOINDEX', kind)
    await expect(createIndex('doc', 'INVERTED', json, 'other')).rejects.toThrow(
      'CreateIndex failed: at most one distinct index is allowed per field',
    )
    expect((await indexed()).map((index) => index.name)).toEqual(['by_b', 'doc["kind"]'])
    await insertRows()
    await indexed()
    expect(indexFiles()).toHaveLength(2)
    await open.engine.dropIndex(db, name, '', 'by_b')
    await vi.waitFor(() => expect(indexFiles()).toHaveLength(1))
    await load()
    expect(await idsWhere('doc["kind"] == "odd" and doc["a"]["b"] == 7')).toEqual(
      rowsWhere((row) => row % 3 !== 0 && row % 100 === 7),
    )
  })

  it('converts texts to numbers in rows that are not indexed, too', async () => {
    await createIndex('doc', 'INVERTED', priced)
    await load()
    const columns = columnsOf(schema, rows.slice(0, 20))
    await open.engine.insert(db, name, '', { rowCount: 20, columns })
    expect(await idsWhere('doc["price"] > 7')).toEqual([7, 8, 10, 11, 13, 14, 16, 17, 19])
    expect(await idsWhere('doc["price"] in [7.5, 8] or doc["price"] == "8.5"')).toEqual([7, 8])
    await open.engine.delete(db, name, '', 'doc["price"] > 10')
    expect(await idsWhere('doc["price"] > 7')).toEqual([7, 8])
  })

  const valid = ': invalid parameter[expected=valid index params][actual=invalid index params]'
  it.each([
    ['word', 'HNSW', {}, `index HNSW only supports vector data type${valid}`],
    ['word', 'SORTED', {}, '[expected=valid index][actual=invalid index type: SORTED]'],
    [
      ...['tags', 'STL_SORT', {}],
      `STL_SORT are only supported on numeric, varchar or timestamptz field, got Array${valid}`,
    ],
    ['number', 'TRIE', {}, `TRIE are only supported on varchar field${valid}`],
    ['id', 'BITMAP', {}, `create bitmap index on primary key not supported${valid}`],
    ['ratio', 'BITMAP', {}, `bitmap index are only supported on bool, int, string and array field`],
    [
      ...['doc', 'INVERTED', { json_path: 'doc["a"]' }],
      `json index must specify cast type: missing parameter[missing_param=json_cast_type]${valid}`,
    ],
    [
      ...['doc', 'INVERTED', { json_path: 'doc["a"]', json_cast_type: 'INT64' }],
      'json_cast_type INT64 is not supported',
    ],
    [
      ...['doc', 'BITMAP', { json_path: 'doc["a"]', json_cast_type: 'DOUBLE' }],
      'json_cast_type DOUBLE is not supported for BITMAP index',
    ],
    ['number', 'NGRAM', grams, 'ngram index can only be created on VARCHAR or JSON field'],
    [
      ...['word', 'NGRAM', { min_gram: 2 }],
      `Ngram index must specify both min_gram and max_gram: missing parameter${valid}`,
    ],
    [
      ...['word', 'NGRAM', { min_gram: 2.5, max_gram: 3 }],
      `min_gram for Ngram index must be an integer, got: 2.5: invalid parameter${valid}`,
    ],
    [
      ...['word', 'NGRAM', { min_gram: 5, max_gram: 3 }],
      'invalid min_gram or max_gram value for Ngram index, min_gram: 5, max_gram: 3',
    ],
    [
      ...['word', 'NGRAM', { ...grams, ngram_build_mode: 'fast' }],
      'invalid ngram_build_mode: fast',
    ],
    [
      ...['doc', 'NGRAM', { ...grams, json_path: 'doc["kind"]' }],
      `JSON field with ngram index must specify json_cast_type: missing parameter${valid}`,
    ],
    [
      ...['doc', 'NGRAM', { ...kindGrams, json_cast_type: 'double' }],
      'JSON field with ngram index only supports VARCHAR cast type, got: DOUBLE',
    ],
  ] as [string, string, object, string][])(
    'on %s of type %s is refused: %j',
    async (on, type, params, text) => {
      await expect(createIndex(on, type, params)).rejects.toThrow(text)
    },
  )
})
