import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ImportState } from '../../dist/bulk/import-state.js'
import type { Column, ColumnBatch, FixedColumn, ListColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { rowObjects } from '../../dist/server/rest/row-objects.js'
import { field, schemaOf } from '../support/fields.js'
import { chunkFields } from '../support/struct-fields.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'books'
const where = { dbName: db, collectionName: name, partitionNames: [] }
const id = field(100, 'id', DataType.Int64, { isPrimaryKey: true })
let opened: OpenEngine

beforeEach(async () => {
  opened = await OpenEngine.open()
  await opened.create(db, schemaOf(name, [id, ...chunkFields({}, true)]))
  await opened.engine.createIndex({
    ...{ dbName: db, collectionName: name, fieldName: 'chunks[floats]', indexName: '' },
    params: [['metric_type', 'MAX_SIM_IP']],
  })
  await opened.engine.load(db, name, [])
  await opened.engine.insert(db, name, '', batchOf(bookRows))
})
afterEach(() => opened.remove())

interface Chunk {
  readonly word: string
  readonly number: string
  readonly floats: readonly number[]
}

type Book = readonly [id: number, chunks: readonly Chunk[] | null]

const chunk = (word: string, number: string, ...floats: number[]): Chunk => ({
  ...{ word, number, floats },
})

const bookRows: readonly Book[] = [
  [1, [chunk('a', '9007199254740993', 1, 0), chunk('b', '2', 0, 1)]],
  [2, []],
  [3, null],
  [4, [chunk('c', '-4', 3, 3)]],
]

function batchOf(books: readonly Book[]): ColumnBatch {
  const lists = books.map(([, chunks]) => chunks ?? [])
  const offsets = new Int32Array(books.length + 1)
  lists.forEach((list, row) => {
    offsets[row + 1] = offsets[row] + list.length
  })
  const validity = new Uint8Array(1)
  books.forEach(([, chunks], row) => {
    if (chunks) validity[0] |= 1 << row
  })
  const chunks = lists.flat()
  const list = (child: ListColumn['child']): Column => ({ shape: 'list', offsets, child, validity })
  const words = Buffer.from(chunks.map(({ word }) => word).join(''))
  const columns = new Map<number, Column>([
    [
      100,
      fixed(
        BigInt64Array.from(books, ([key]) => BigInt(key)),
        1,
      ),
    ],
    [
      111,
      list({
        ...{ shape: 'bytes', bytes: words, validity: null },
        offsets: Int32Array.from({ length: chunks.length + 1 }, (_, at) => at),
      }),
    ],
    [
      112,
      list(
        fixed(
          BigInt64Array.from(chunks, ({ number }) => BigInt(number)),
          1,
        ),
      ),
    ],
    [113, list(fixed(Float32Array.from(chunks.flatMap(({ floats }) => floats)), 2))],
  ])
  return { rowCount: books.length, columns }
}

function fixed(values: FixedColumn['values'], width: number): FixedColumn {
  return { shape: 'fixed', values, width, validity: null }
}

async function booksOf(filter = 'id > 0', outputFields = ['chunks']): Promise<unknown[]> {
  const query = { ...where, filter, outputFields, limit: null, offset: 0 }
  const { fields } = await opened.engine.query(query)
  return rowObjects(fields, fields[0].rowCount, false)
}

async function nearest(lists: readonly number[][], filter = ''): Promise<[number, number][]> {
  const bytes = new Uint8Array(Float32Array.from(lists.flat()).buffer)
  const offsets = Int32Array.of(0, bytes.length)
  const queries = { dataType: DataType.FloatVector, nq: 1, bytes, offsets, isList: true }
  const { ids, scores } = await opened.engine.search({
    ...{ ...where, filter, vectorFieldName: 'chunks[floats]', queries, topK: 3, offset: 0 },
    ...{ metricType: '', params: {}, roundDecimal: -1, outputFields: [] },
  })
  return Array.from((ids as FixedColumn).values, (key, hit) => [Number(key), scores[hit]])
}

async function imported(file: string): Promise<void> {
  const { taskId } = await opened.engine.imports.start({
    ...{ dbName: db, collectionName: name, partitionName: '' },
    ...{ fileGroups: [[file]], options: [] },
  })
  await vi.waitFor(
    () => expect(opened.engine.imports.task(taskId).task.state).toBe(ImportState.Completed),
    { timeout: 10_000 },
  )
}

const objects = bookRows.map(([key, chunks]) => ({ id: String(key), chunks }))

async function expectBooks(): Promise<void> {
  expect(await booksOf()).toEqual(objects)
  expect(
    await nearest([
      [1, 0],
      [0, 2],
    ]),
  ).toEqual([
    [4, 9],
    [1, 3],
  ])
  expect(await nearest([[1, 0]], 'id < 4')).toEqual([[1, 1]])
}

describe('the rows of a struct array', () => {
  it('are given back and searched while they grow', expectBooks)

  it('are so when they are sealed, and after a restart', async () => {
    await opened.engine.flush(db, name)
    await expectBooks()
    await opened.reopen()
    await expectBooks()
  })

  it('are so after a restart while they grow', async () => {
    await opened.reopen()
    await expectBooks()
  })

  it('are given by their sub-fields', async () => {
    expect(await booksOf('id == 4', ['chunks[number]', 'chunks[word]'])).toEqual([
      { id: '4', chunks: [{ word: 'c', number: '-4' }] },
    ])
    expect(await booksOf('id == 4', ['%'])).toEqual([{ id: '4', chunks: [{ floats: [3, 3] }] }])
    await expect(booksOf('id == 4', ['chunks[odd]'])).rejects.toThrow('field chunks[odd] not exist')
  })

  it('are replaced and deleted', async () => {
    await opened.engine.flush(db, name)
    await opened.engine.upsert(db, name, '', batchOf([[1, [chunk('z', '0', 9, 9)]]]))
    await opened.engine.delete(db, name, '', 'id == 4')
    expect(await booksOf('id in [1, 4]')).toEqual([{ id: '1', chunks: [chunk('z', '0', 9, 9)] }])
    expect(await nearest([[1, 0]])).toEqual([[1, 9]])
  })

  it('are refused where an element breaks a rule, naming row and field', async () => {
    const insert = (...books: Book[]) => opened.engine.insert(db, name, '', batchOf(books))
    await expect(insert([5, []], [6, [chunk('w', '1', Number.NaN, 0)]])).rejects.toThrow(
      "row 1, field 'chunks[floats]': element 0 of a FloatVector array: expected finite numbers",
    )
    const many = Array.from({ length: 5 }, () => chunk('w', '1', 0, 0))
    await expect(insert([5, many])).rejects.toThrow(
      "row 0, field 'chunks[word]': expected at most 4 elements, got 5",
    )
  })

  it('are imported', async () => {
    const lines = objects.map(({ id, chunks }) => JSON.stringify({ id: Number(id) + 10, chunks }))
    const text = lines.join('\n').replaceAll(/"number":"(-?\d+)"/g, '"number":$1')
    writeFileSync(join(opened.importRoot, 'books.jsonl'), text)
    await imported('books.jsonl')
    expect(await booksOf('id > 10')).toEqual(
      objects.map(({ id, chunks }) => ({ id: String(Number(id) + 10), chunks })),
    )
    expect(await nearest([[1, 0]], 'id > 10')).toEqual([
      [14, 3],
      [11, 1],
    ])
  })
})

describe('a search over lists of vectors', () => {
  it('wants lists, whole vectors and a metric of lists', async () => {
    await expect(nearest([[1]])).rejects.toThrow(
      'vector dimension mismatch, expected vector size(byte) 8, actual 4',
    )
    await expect(nearest([])).rejects.toThrow('actual 0')
    const bytes = new Uint8Array(8)
    const queries = { dataType: DataType.FloatVector, nq: 1, bytes }
    const search = opened.engine.search({
      ...{ ...where, filter: '', vectorFieldName: 'chunks[floats]', queries, topK: 3, offset: 0 },
      ...{ metricType: '', params: {}, roundDecimal: -1, outputFields: [] },
    })
    await expect(search).rejects.toThrow('expected a list of vectors for each query, got vectors')
  })

  it('is refused a metric of lists where there are none', async () => {
    await opened.create(
      db,
      schemaOf('plain', [id, field(101, 'vector', DataType.FloatVector, { dim: 2 })]),
    )
    const index = { dbName: db, collectionName: 'plain', fieldName: 'vector', indexName: '' }
    await expect(
      opened.engine.createIndex({ ...index, params: [['metric_type', 'MAX_SIM']] }),
    ).rejects.toThrow('float vector index does not support metric type: MAX_SIM')
  })
})

describe('a condition on the elements', () => {
  const idsOf = async (filter: string) =>
    (await booksOf(filter, ['id'])).map((row) => Number((row as { id: string }).id))

  const holding: [filter: string, ids: number[]][] = [
    ['MATCH_ANY(chunks, $[word] == "b" && $[number] > 1)', [1]],
    ['match_any(chunks, $[word] == "a" && $[number] == 2)', []],
    ['MATCH_ALL(chunks, $[number] > 0)', [1, 2]],
    ['MATCH_LEAST(chunks, $[word] in ["a", "b", "c"], threshold=2)', [1]],
    ['MATCH_MOST(chunks, $[number] > 0, threshold = 0)', [2, 4]],
    ['MATCH_EXACT(chunks, true, threshold=1)', [4]],
    ['not MATCH_ANY(chunks, $[number] == -4)', [1, 2]],
    ['element_filter(chunks, $[number] == 9007199254740993)', [1]],
    ['id > 1 and element_filter(chunks, $[number] < 3)', [4]],
    ['array_contains(chunks[word], "c") or array_length(chunks[number]) == 2', [1, 4]],
    ['chunks[number][1] == 2', [1]],
    ['chunks[1][number] == 2', [1]],
    ['chunks[0][word] in ["a", "b"]', [1]],
    ['chunks[word] is null', [3]],
    ['chunks is null', [3]],
    ['chunks is not null', [1, 2, 4]],
    ['MATCH_ANY(chunks, $[word] =~ "^[bz]$")', [1]],
    ['MATCH_ALL(chunks, $[word] !~ "b")', [2, 4]],
    ['chunks[0][word] =~ "a"', [1]],
  ]

  it('holds of growing rows and of sealed ones', async () => {
    for (const [filter, ids] of holding)
      expect([filter, await idsOf(filter)]).toEqual([filter, ids])
    await opened.engine.flush(db, name)
    for (const [filter, ids] of holding)
      expect([filter, await idsOf(filter)]).toEqual([filter, ids])
  })

  const refused: [filter: string, message: string][] = [
    ['MATCH_ANY(chunks)', 'expects a struct array field and a condition on its elements'],
    ['MATCH_ANY(id, $[number] > 1)', 'match_any: id is not a struct array field'],
    ['MATCH_ANY(chunks, $[odd] > 1)', 'field $[odd] not exist'],
    ['MATCH_ANY(chunks, number > 1)', 'field number not exist'],
    ['MATCH_LEAST(chunks, $[number] > 1)', 'match_least expects threshold=N'],
    [
      'MATCH_LEAST(chunks, $[number] > 1, threshold=0)',
      'count in MATCH_LEAST must be positive, got',
    ],
    ['MATCH_ALL(chunks, $[number] > 1, threshold=2)', 'match_all expects no threshold'],
    ['$[number] > 1', 'field $[number] not exist'],
  ]

  it('is refused where it makes no sense', async () => {
    for (const [filter, message] of refused) await expect(idsOf(filter)).rejects.toThrow(message)
  })

  it('tells which elements element_filter picked', async () => {
    const filter = 'element_filter(chunks, $[number] < 3)'
    const query = { ...where, filter, outputFields: ['id'], limit: null, offset: 0 }
    expect((await opened.engine.query(query)).elements).toEqual([[1], [0]])
    const other = { ...query, filter: 'MATCH_ANY(chunks, $[number] < 3)' }
    expect((await opened.engine.query(other)).elements).toBe(null)
  })
})

describe('a search for single elements', () => {
  beforeEach(async () => {
    await opened.engine.release(db, name, [])
    await opened.engine.dropIndex(db, name, 'chunks[floats]', '')
    await opened.engine.createIndex({
      ...{ dbName: db, collectionName: name, fieldName: 'chunks[floats]', indexName: '' },
      params: [['metric_type', 'L2']],
    })
    await opened.engine.load(db, name, [])
  })

  async function elementsNear(vector: number[], filter = '') {
    const bytes = new Uint8Array(Float32Array.from(vector).buffer)
    const queries = { dataType: DataType.FloatVector, nq: 1, bytes }
    const { ids, scores, elements } = await opened.engine.search({
      ...{ ...where, filter, vectorFieldName: 'chunks[floats]', queries, topK: 4, offset: 0 },
      ...{ metricType: 'L2', params: {}, roundDecimal: -1, outputFields: [] },
    })
    const keys = Array.from((ids as FixedColumn).values, Number)
    return keys.map((key, hit) => [key, elements?.[hit], scores[hit]])
  }

  it('finds elements, more of one row too', async () => {
    const wanted = [
      [1, 1, 0],
      [1, 0, 2],
      [4, 0, 13],
    ]
    expect(await elementsNear([0, 1])).toEqual(wanted)
    await opened.engine.flush(db, name)
    expect(await elementsNear([0, 1])).toEqual(wanted)
  })

  it('finds only what a filter on rows or on elements lets through', async () => {
    expect(await elementsNear([0, 1], 'id == 4')).toEqual([[4, 0, 13]])
    const filter = 'element_filter(chunks, $[word] in ["a", "c"])'
    expect(await elementsNear([0, 1], filter)).toEqual([
      [1, 0, 2],
      [4, 0, 13],
    ])
  })

  it('is another than one by lists, and wants another metric', async () => {
    await expect(nearest([[1, 0]])).rejects.toThrow(
      'has an index with metric L2: expected a vector for each query, got lists of vectors',
    )
    await expect(elementsNear([1])).rejects.toThrow('expected vector size(byte) 8, actual 4')
  })
})

describe('a struct array that is added', () => {
  const more = chunkFields({}, true).map((each) => ({
    ...each,
    name: each.name.replace('chunks', 'notes'),
    struct: { ...each.struct!, name: 'notes' },
  }))

  it('is null in the rows that are there, and goes with all of its sub-fields', async () => {
    await opened.engine.flush(db, name)
    await opened.engine.changes.addStruct(db, name, more)
    expect(await booksOf('id == 4', ['notes'])).toEqual([{ id: '4', notes: null }])
    const { schema } = opened.engine.describeCollection(db, name)
    const ids = schema.fields.map(({ fieldId, struct }) => [struct?.fieldId, fieldId])
    expect(ids.slice(-3)).toEqual([
      [114, 115],
      [114, 116],
      [114, 117],
    ])
    await opened.engine.changes.dropField(db, name, 'notes', 0)
    await expect(booksOf('id == 4', ['notes'])).rejects.toThrow('field notes not exist')
    expect(await booksOf()).toEqual(objects)
  })

  it('may be null, has a new name, and is not dropped by a sub-field or with all vectors', async () => {
    const { changes } = opened.engine
    const fixedStruct = chunkFields().map((each) => ({ ...each, nullable: false }))
    await expect(changes.addStruct(db, name, fixedStruct)).rejects.toThrow('must be nullable')
    await expect(changes.addStruct(db, name, chunkFields({}, true))).rejects.toThrow(
      'duplicated field name: chunks',
    )
    await expect(changes.dropField(db, name, 'chunks[word]', 0)).rejects.toThrow('field not found')
    await expect(changes.dropField(db, name, 'chunks', 0)).rejects.toThrow('the only vector field')
  })
})
