import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import { searchGroups } from '../../dist/search/ranking/group-search.js'
import { searchPage } from '../../dist/search/ranking/search-page.js'
import { openSearched, type VectorSearch } from '../../dist/search/vector-search.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { type Row, schemaOf } from '../expr/fixture.js'
import { field } from '../support/fields.js'
import { viewOf } from './views.js'

const pool = createWorkerPool(1)
const memory = new VectorMemory()
afterAll(() => pool.close())

const vector = field(102, 'vector', DataType.FloatVector, { dim: 1 })
const schema = schemaOf([
  field(100, 'id', DataType.Int64, { isPrimaryKey: true }),
  field(101, 'colour', DataType.VarChar, { nullable: true }),
  vector,
])

/** Every row's vector is its distance from the query's, which is 0; keys may come twice. */
interface Thing {
  readonly id: number
  readonly far: number
  readonly colour: string | null
}

const things = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 60 }),
    far: fc.integer({ min: 0, max: 12 }),
    colour: fc.constantFrom('a', 'b', 'c', 'd', null),
  }),
  { maxLength: 60 },
)

function searchOf(): VectorSearch {
  const bytes = new Uint8Array(Float32Array.of(0).buffer)
  const queries = { dataType: DataType.FloatVector, nq: 1, bytes }
  const range = { near: -Infinity, far: Infinity }
  return { schema, field: vector, metric: 'L2', queries, range }
}

/** Two segments of rows, searched by `use`. */
async function withThings<Result>(
  rows: readonly Thing[],
  use: (
    searched: Awaited<ReturnType<typeof openSearched>>,
    views: ReturnType<typeof viewOf>[],
  ) => Promise<Result>,
): Promise<Result> {
  const halves = [rows.slice(0, rows.length >> 1), rows.slice(rows.length >> 1)]
  const regions = halves.map((half) => memory.allocate(half.length * 4))
  const views = halves.map((half, index) => {
    const values = Float32Array.from(half, ({ far }) => far)
    memory.bytesOf(regions[index]).set(new Uint8Array(values.buffer))
    const plain = half.map(({ id, colour }): Row => ({ id: BigInt(id), colour, vector: null }))
    const parts = [{ region: regions[index], rowBegin: 0, rowCount: half.length }]
    const view = viewOf(schema, BigInt(index), plain)
    return { ...view, vectorParts: () => (half.length > 0 ? parts : []) }
  })
  try {
    return await use(await openSearched(pool, memory, views, searchOf(), null), views)
  } finally {
    for (const region of regions) memory.free(region)
  }
}

/** The nearest row of each key, nearest first, ties by key. */
function nearestOfKeys(rows: readonly Thing[]): Thing[] {
  const nearest = new Map<number, Thing>()
  for (const row of rows) {
    const before = nearest.get(row.id)
    if (!before || row.far < before.far) nearest.set(row.id, row)
  }
  return [...nearest.values()].sort((left, right) => left.far - right.far || left.id - right.id)
}

function unique(rows: readonly Thing[]): Thing[] {
  return rows.filter(({ id }, index) => rows.findIndex((row) => row.id === id) === index)
}

describe('a search by groups', () => {
  it('gives the nearest rows of the nearest groups', async () => {
    const window = fc.record({
      topK: fc.integer({ min: 1, max: 5 }),
      offset: fc.integer({ min: 0, max: 2 }),
      size: fc.integer({ min: 1, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(things, window, async (all, { topK, offset, size }) => {
        const rows = unique(all)
        const groups = new Map<string | null, Thing[]>()
        for (const row of nearestOfKeys(rows)) {
          const group = groups.get(row.colour) ?? []
          groups.set(row.colour, group)
          if (group.length < size) group.push(row)
        }
        const wanted = [...groups.values()].slice(offset, offset + topK).flat()
        const [found] = await withThings(rows, async (searched, views) => {
          const columns = views.map(async (view) => [await view.column(schema.fields[1])])
          return searchGroups(searched, searchOf(), await Promise.all(columns), {
            topK,
            offset,
            size,
          })
        })
        const hits = found.flat()
        expect(hits.map(({ pk }) => Number(pk))).toEqual(wanted.map(({ id }) => id))
        expect(hits.map(({ distance }) => distance)).toEqual(wanted.map(({ far }) => far ** 2))
      }),
      { numRuns: 60 },
    )
  })
})

describe('a search page by page', () => {
  it('gives every row once, however many are equally near', async () => {
    await fc.assert(
      fc.asyncProperty(things, fc.integer({ min: 1, max: 9 }), async (all, batchSize) => {
        const rows = unique(all)
        await withThings(rows, async (searched) => {
          const given: number[] = []
          for (let lastBound: number | null = null; ; ) {
            const page = await searchPage(searched, searchOf(), { lastBound }, batchSize)
            const last = page.at(-1)
            if (!last) break
            given.push(...page.map(({ pk }) => Number(pk)))
            lastBound = last.distance
          }
          expect(given).toEqual(nearestOfKeys(rows).map(({ id }) => id))
        })
      }),
      { numRuns: 60 },
    )
  })
})
