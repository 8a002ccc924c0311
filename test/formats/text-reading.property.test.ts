import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import type { Checkpoint, RejectedRow } from '../../dist/formats/format.js'
import { DataType } from '../../dist/schema/data-type.js'
import { field } from './npy-files.js'
import { openText, readText, rowsIn } from './text-files.js'

const fields = [
  field('id', DataType.Int64),
  field('flag', DataType.Bool, { nullable: true }),
  field('small', DataType.Int16, { nullable: true }),
  field('single', DataType.Float, { nullable: true }),
  field('double', DataType.Double, { nullable: true }),
  field('text', DataType.VarChar, { nullable: true, maxLength: 999 }),
  field('json', DataType.JSON, { nullable: true }),
  field('list', DataType.Array, { nullable: true, elementType: DataType.VarChar }),
  field('numbers', DataType.Array, { nullable: true, elementType: DataType.Int64 }),
  field('vector', DataType.FloatVector, { dim: 9 }),
  field('sparse', DataType.SparseFloatVector, { nullable: true }),
  field('$meta', DataType.JSON, { isDynamic: true }),
]

interface Row {
  readonly id: bigint
  readonly flag: boolean | null
  readonly small: number | null
  readonly single: number | null
  readonly double: number | null
  readonly text: string | null
  readonly json: object | null
  readonly list: string[] | null
  readonly numbers: bigint[] | null
  readonly vector: number[]
  readonly sparse: Record<string, number> | null
  readonly more: Record<string, unknown>
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const single = fc.float({ noNaN: true, noDefaultInfinity: true })
const text = fc.string({ unit: 'binary' })
const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  id: int64,
  flag: fc.option(fc.boolean()),
  small: fc.option(fc.integer({ min: -32768, max: 32767 })),
  single: fc.option(single),
  double: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  text: fc.option(text),
  json: fc.option(fc.dictionary(text, fc.jsonValue())),
  list: fc.option(fc.array(text)),
  numbers: fc.option(fc.array(int64)),
  vector: fc.array(single, { minLength: 9, maxLength: 9 }),
  sparse: fc.option(fc.dictionary(fc.nat({ max: 2 ** 32 - 2 }).map(String), single.map(Math.abs))),
  more: fc.dictionary(
    text.filter((key) => !fields.some(({ name }) => name === key) && key !== '__proto__'),
    fc.jsonValue(),
    { noNullPrototype: true },
  ),
})

/** JSON.stringify, with bigints as numbers. */
function jsonOf(value: unknown, space: string): string {
  const text = JSON.stringify(
    value,
    (_key, item) => (typeof item === 'bigint' ? `big${item}` : item),
    space,
  )
  return text.replace(/"big(-?\d+)"/g, '$1')
}

function objectOf({ more, ...row }: Row): Record<string, unknown> {
  return { ...row, ...more }
}

/** What is read back of a row. */
function expectedOf({ more, ...row }: Row): Record<string, unknown> {
  const pairs = Object.entries(row.sparse ?? {}).map(([index, value]) => [Number(index), value])
  return {
    ...row,
    flag: row.flag === null ? null : Number(row.flag),
    sparse: row.sparse === null ? null : pairs.sort((a, b) => a[0] - b[0]),
    $meta: more,
  }
}

/** JSON texts are compared by what they mean; -0 and 0 are not told apart. */
function meaningOf(row: Record<string, unknown>): Record<string, unknown> {
  const json = row.json === null ? null : JSON.parse(String(row.json))
  return { ...row, json, $meta: JSON.parse(String(row.$meta)) }
}

const plain = (value: unknown): string => jsonOf(value, '')

const nonEmpty = fc.array(rowArbitrary, { minLength: 1, maxLength: 6 })

function csvOf(rows: readonly Row[]): string {
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`
  const names = fields.map(({ name }) => name)
  const lines = rows.map((row) => {
    const { more, ...values } = row
    const cells = { ...values, $meta: more } as Record<string, unknown>
    return names
      .map((name) => {
        const value = cells[name]
        if (value === null) return 'NULL'
        return quoted(typeof value === 'string' ? value : jsonOf(value, ''))
      })
      .join(',')
  })
  return `${names.join(',')}\r\n${lines.join('\r\n')}\r\n`
}

describe('rows are what JSON.parse makes of them', () => {
  it.each(['json', 'jsonl'])('in .%s files, whatever the window', async (extension) => {
    await fc.assert(
      fc.asyncProperty(
        nonEmpty,
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom('', '  ', '\t'),
        async (rows, windowBytes, space) => {
          const objects = rows.map((row) => jsonOf(objectOf(row), space))
          const content = extension === 'json' ? `[${objects.join(' , ')}\n]` : objects.join('\n')
          const read = await readText(`a.${extension}`, content, { fields, windowBytes })
          expect(read.map(meaningOf).map(plain)).toEqual(rows.map(expectedOf).map(plain))
        },
      ),
      { numRuns: 150 },
    )
  })

  it('in .csv files, whatever the window', async () => {
    await fc.assert(
      fc.asyncProperty(nonEmpty, fc.integer({ min: 1, max: 300 }), async (rows, windowBytes) => {
        const options = { nullKey: 'NULL' }
        fc.pre(rows.every((row) => row.text !== 'NULL'))
        const read = await readText('a.csv', csvOf(rows), { fields, windowBytes, options })
        expect(read.map(meaningOf).map(plain)).toEqual(rows.map(expectedOf).map(plain))
      }),
      { numRuns: 150 },
    )
  })
})

const simple = [
  field('id', DataType.Int64),
  field('s', DataType.VarChar, { nullable: true, maxLength: 99 }),
  field('v', DataType.FloatVector, { dim: 2, nullable: true }),
]
const samples: Record<string, string> = {
  'a.json': `\ufeff{"w":[1], "rows": [ {"id":1,"s":"a\\u00e9\\n","v":[1.5,-2e3]} , {"id":-2},\n{"v":null,"id":3,"x":{"y":[true,null]}}\n,{"id":9007199254740993}]}`,
  'a.jsonl':
    '{"id":1,"s":"aé\\n","v":[1.5,-2e3]}\n{"id":-2}\r\n\n{"v":null,"id":3,"x":[{}]},\n{"id":4}',
  'a.csv':
    '\ufeffs,x,id,v\r\n"a,""\r\n""é",5,1,"[1.5,-2e3]"\r\n,,-2,\r\n"","x",+3,\r\n\r\nb,,4,"[1, 2]"',
}

describe.each(Object.entries(samples))('%s', (name, content) => {
  const byteLength = Buffer.byteLength(content)

  it('is read the same by windows of any size', async () => {
    const all = await readText(name, content, { fields: simple })
    expect(all).toHaveLength(4)
    for (let windowBytes = 1; windowBytes <= byteLength + 1; windowBytes++) {
      const rows = await readText(name, content, { fields: simple, windowBytes })
      expect([windowBytes, rows]).toEqual([windowBytes, all])
    }
  })

  it('is read on from every checkpoint', async () => {
    const all = await readText(name, content, { fields: simple })
    const seen: { at: Checkpoint; rowCount: number }[] = []
    const reader = await openText(name, content, { fields: simple, windowBytes: 16 })
    for (let rowCount = 0; rowCount < all.length; ) {
      seen.push({ at: reader.checkpoint, rowCount })
      rowCount += (await reader.next())!.rowCount
    }
    seen.push({ at: reader.checkpoint, rowCount: all.length })
    expect(seen.length).toBeGreaterThan(2)
    for (const { at, rowCount } of seen) {
      expect(at.row).toBe(rowCount)
      const rest = await openText(name, content, { fields: simple, from: at })
      const batch = await rest.next()
      expect(batch ? rowsIn(batch, simple) : []).toEqual(all.slice(rowCount))
      expect(batch ? rest.rowOf(0) : rowCount).toBe(rowCount)
    }
  })

  it('throws nothing but errors of its own when bytes of it are changed', async () => {
    const bytes = Buffer.from(content)
    const change = fc.record({
      at: fc.nat({ max: byteLength - 1 }),
      remove: fc.nat({ max: 4 }),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 3 }),
        fc
          .constantFrom('"', '[', ']', '{', '}', ',', '\\', '\n', '\0', 'NaN', '-', '1e9')
          .map((it) => Buffer.from(it)),
      ),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 64 }),
        async (changes, windowBytes) => {
          let mutated: Uint8Array = bytes
          for (const { at, remove, insert } of changes) {
            const [before, after] = [mutated.subarray(0, at), mutated.subarray(at + remove)]
            mutated = Buffer.concat([before, insert, after])
          }
          const outcomes = []
          for (const window of [windowBytes, undefined]) {
            const rejects: RejectedRow[] = []
            const reading = { fields: simple, windowBytes: window }
            outcomes.push([
              await outcomeOf(readText(name, mutated, reading)),
              await outcomeOf(readText(name, mutated, { ...reading, rejects })),
              plain(rejects),
            ])
          }
          expect(outcomes[0]).toEqual(outcomes[1])
        },
      ),
      { numRuns: 700 },
    )
  })
})

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    return plain(await work)
  } catch (error) {
    if (error instanceof MillraceError && error.kind === 'importFailed') return error.message
    throw error
  }
}
