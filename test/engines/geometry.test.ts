import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isFinished } from '../../dist/bulk/import-state.js'
import type { FixedColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { columnsOf, type Row } from '../expr/fixture.js'
import { damages } from '../support/damages.js'
import { field, schemaOf } from '../support/fields.js'
import { keepChecksum } from '../support/same-checksum.js'
import { OpenEngine } from './open-engine.js'

const db = 'default'
const name = 'places'

const schema = schemaOf(name, [
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'vector', DataType.FloatVector, { dim: 2 }),
  field(102, 'geo', DataType.Geometry, { nullable: true }),
])

const sealedCount = 5000
const side = 100

/** A grid of points; every seventh place is null, every 41st a small square, and some are EMPTY. */
function rowOf(id: number): Row {
  const [x, y] = [id % side, Math.floor(id / side)]
  const square = `POLYGON((${x} ${y}, ${x + 2} ${y}, ${x + 2} ${y + 2}, ${x} ${y + 2}, ${x} ${y}))`
  const geo =
    id % 7 === 0
      ? null
      : id % 41 === 0
        ? square
        : id % 59 === 0
          ? 'POINT EMPTY'
          : `POINT(${x} ${y})`
  return { id: BigInt(id), vector: [id, 1], geo }
}

let open: OpenEngine

beforeEach(async () => {
  open = await OpenEngine.open()
})
afterEach(() => open.remove())

async function insert(begin: number, end: number) {
  const rows = Array.from({ length: end - begin }, (_, at) => rowOf(begin + at))
  await open.engine.insert(db, name, '', {
    rowCount: rows.length,
    columns: columnsOf(schema, rows),
  })
}

async function createIndex() {
  const params = [['index_type', 'RTREE'] as const]
  await open.engine.createIndex({
    ...{ dbName: db, collectionName: name, fieldName: 'geo', indexName: '', params },
  })
  return indexed()
}

async function indexed() {
  for (;;) {
    const [, index] = await open.engine.describeIndex(db, name, '', '')
    if (index.pendingRows === 0 || index.failure) return index
    await aMoment()
  }
}

/** Whole, but that it begins otherwise. */
const ofAnotherRelease: (typeof damages)[number] = [
  'of another release',
  (path, good) => {
    const old = Uint8Array.from(good)
    old[3]--
    keepChecksum(old, crc32(good), good.length >> 1)
    writeFileSync(path, old)
  },
]

function aMoment() {
  return new Promise((resolve) => setTimeout(resolve, 10))
}

async function idsWhere(filter: string): Promise<number[]> {
  const result = await open.engine.query({
    ...{ dbName: db, collectionName: name, partitionNames: [], filter },
    ...{ outputFields: ['id'], limit: null, offset: 0 },
  })
  return [...(result.fields[0].column as FixedColumn).values].map(Number)
}

const filters = [
  "ST_WITHIN(geo, 'POLYGON ((10.5 10.5, 20 10.5, 20 20, 10.5 20, 10.5 10.5))')",
  "ST_INTERSECTS(geo, 'POLYGON ((10 10, 20 10, 15 52, 10 10))')",
  "ST_CONTAINS(geo, 'POINT (60.5 41.5)')",
  "ST_EQUALS(geo, 'POINT (34 51)')",
  "ST_TOUCHES(geo, 'POLYGON ((10 10, 20 10, 20 20, 10 20, 10 10))')",
  "ST_OVERLAPS(geo, 'POLYGON ((10 10, 60 10, 60 51, 10 51, 10 10))')",
  "ST_CROSSES(geo, 'LINESTRING (0 0, 50 50)')",
  "ST_DWITHIN(geo, 'POINT (50 20)', 500000)",
  'ST_ISVALID(geo) and id < 300',
  "not ST_WITHIN(geo, 'POLYGON ((0 0, 100 0, 100 50, 0 50, 0 0))')",
  "ST_EQUALS(geo, 'POINT (33 5)') or ST_EQUALS(geo, 'POINT (34 51)')",
  "ST_WITHIN(geo, 'POLYGON ((1 1, 90 1, 90 90, 1 90, 1 1))') and id % 97 == 3",
  "ST_EQUALS(geo, 'POINT EMPTY')",
  'geo is null and id > 4900',
]

describe('geometries', () => {
  it('are found growing, sealed, by an index and after a start, the same ones each time', async () => {
    await open.createLoaded(db, schema)
    await insert(0, sealedCount)
    await insert(sealedCount, 5300)
    const growing = await Promise.all(filters.map(idsWhere))
    for (const [at, ids] of growing.entries())
      expect([filters[at], ids.length > 0]).toEqual([filters[at], true])
    expect(growing[0]).toContain(1511)
    expect(growing[3]).toEqual([5134])
    await open.engine.flush(db, name)
    await insert(5300, 5400)
    const sealed = await Promise.all(filters.map(idsWhere))
    expect(await createIndex()).toMatchObject({ failure: '' })
    expect(await Promise.all(filters.map(idsWhere))).toEqual(sealed)
    const folder = join(open.folder, 'data', 'indexes')
    const files = readdirSync(folder).map((file) => readFileSync(join(folder, file)))
    expect(files.map((bytes) => bytes.toString('latin1', 0, 4))).toContain('MVB1')
    await open.reopen()
    await open.engine.load(db, name, [])
    expect(await Promise.all(filters.map(idsWhere))).toEqual(sealed)
    for (const [at, ids] of growing.entries()) {
      expect(sealed[at].filter((id) => id < 5300)).toEqual(ids)
    }
  })

  it('are found while their index is damaged, wherever it is, which is built anew', async () => {
    const some = [filters[0], filters[2], filters[9], filters[13]]
    await open.createLoaded(db, schema)
    await insert(0, sealedCount)
    await open.engine.flush(db, name)
    const expected = await Promise.all(some.map(idsWhere))
    expect(await createIndex()).toMatchObject({ failure: '' })
    const folder = join(open.folder, 'data', 'indexes')
    const [file, ...others] = readdirSync(folder)
    expect(others).toEqual([])
    const path = join(folder, file)
    for (const [count, [what, damage]] of [...damages, ofAnotherRelease].entries()) {
      const good = readFileSync(path)
      await open.reopen(async () => damage(path, good))
      expect(await Promise.all(some.map(idsWhere)), what).toEqual(expected)
      expect(open.errors, what).toHaveLength(count + 1)
      expect(open.errors.at(-1)).toBe('an index is damaged and is built anew')
      await indexed()
      expect(readFileSync(path).equals(good), what).toBe(true)
      expect(await Promise.all(some.map(idsWhere)), what).toEqual(expected)
    }
    await open.reopen()
    expect(await Promise.all(some.map(idsWhere))).toEqual(expected)
    expect(open.errors).toHaveLength(damages.length + 1)
  }, 60_000)

  it('are written as Milvus writes them', async () => {
    await open.createLoaded(db, schema)
    await insert(40, 42)
    const { fields } = await open.engine.query({
      ...{ dbName: db, collectionName: name, partitionNames: [], filter: '' },
      ...{ outputFields: ['geo'], limit: null, offset: 0 },
    })
    const texts = fields.find(({ field: { name } }) => name === 'geo')!.column
    expect(Buffer.from((texts as { bytes: Uint8Array }).bytes).toString()).toBe(
      'POINT (40 0)POLYGON ((41 0, 43 0, 43 2, 41 2, 41 0))',
    )
  })

  it('are refused where they are none, with the row', async () => {
    await open.createLoaded(db, schema)
    const rows = [rowOf(1), { ...rowOf(2), geo: 'POINT (abc def)' }]
    const inserted = open.engine.insert(db, name, '', {
      rowCount: 2,
      columns: columnsOf(schema, rows),
    })
    await expect(inserted).rejects.toMatchObject({
      kind: 'parameterInvalid',
      message:
        "row 1, field 'geo': expected well-known text like 'POINT (1 2)', got \"POINT (abc def)\": invalid Geometry data, transform to wkb failed: syntax error: unexpected a at line 1, pos 6: invalid parameter",
    })
  })

  it.each([
    [
      'rows.json',
      (geo: string) =>
        JSON.stringify([
          { id: 1, vector: [1, 2], geo: 'POINT(1 2)' },
          { id: 2, vector: [1, 2], geo },
        ]),
    ],
    [
      'rows.jsonl',
      (geo: string) =>
        [1, 2]
          .map((id) => JSON.stringify({ id, vector: [1, 2], geo: id === 1 ? 'POINT(1 2)' : geo }))
          .join('\n'),
    ],
    ['rows.csv', (geo: string) => `id,vector,geo\n1,"[1, 2]",POINT(1 2)\n2,"[1, 2]","${geo}"`],
  ])('are checked in %s', async (file, textWith) => {
    await open.createLoaded(db, schema)
    expect(await imported(file, textWith('LINESTRING(0 0)'))).toMatch(
      `${file}: row 1, field 'geo': expected well-known text like 'POINT (1 2)', got "LINESTRING(0 0)": invalid Geometry data, transform to wkb failed: syntax error: non-empty linestring with only one point at line 1, pos 14`,
    )
    expect(await imported(file, textWith('LINESTRING(0 0, 3 3)'))).toBe('')
    expect(await idsWhere("ST_CONTAINS(geo, 'POINT (2 2)')")).toEqual([2])
  })
})

/** @returns why it failed, or '' */
async function imported(file: string, text: string): Promise<string> {
  writeFileSync(join(open.importRoot, file), text)
  const task = await open.engine.imports.start({
    ...{ dbName: db, collectionName: name, partitionName: '', idempotencyKey: '' },
    ...{ fileGroups: [[file]], options: [] },
  })
  for (;;) {
    const { state, reason } = open.engine.imports.task(task.taskId).task
    if (isFinished(state)) return reason
    await aMoment()
  }
}
