import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import type { IndexSpec } from '../../dist/indexes/index-family.js'
import { ivf } from '../../dist/indexes/ivf/ivf.js'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { expected } from '../support/recall.js'
import { buildIndex } from './searched-index.js'
import { randomFrom, type TestVectors } from './vectors.js'

const pool = createWorkerPool(2)
const memory = new VectorMemory()
afterAll(() => pool.close())

type Numbers = (random: () => number, row: number, component: number) => number

/** Rows of which codes say much, little, or something else than the rows do. */
const kinds: Readonly<Record<string, Numbers>> = {
  'spread evenly': (random) => random() - 0.5,
  'all equal': () => 0.25,
  'all zeros': () => 0,
  'zeros with a minus': (random) => (random() < 0.5 ? -0 : 0),
  'nearer to each other than a step': (random) => 100 + random() * 1e-3,
  'of one component that outweighs the others': (random, _, component) =>
    component === 0 ? random() * 1e4 : random(),
  'of few huge components': (random, row, component) =>
    row % 97 === 5 && component === 1 ? 1e6 * random() : random() - 0.5,
  'of few rows far longer than the others': (random, row) =>
    (random() - 0.5) * (row % 50 === 7 ? 1e8 : 1),
  'of few rows too long to be squared': (random, row) =>
    (random() - 0.5) * (row % 50 === 7 ? 1e25 : 1),
  'of few rows too short to be squared': (random, row) =>
    (random() - 0.5) * (row % 5 === 3 ? 1e-25 : 1),
  'of which each second is too long to be squared': (random, row) =>
    (random() - 0.5) * (row % 2 === 0 ? 1e24 : 1e-2),
  'all too short to be squared': (random) => (random() - 0.5) * 1e-25,
  'on both sides of few steps': (random) => Math.round(random() * 4) / 4,
}

function vectorsOf(numbers: Numbers, dim: number, rowCount: number, seed: number): TestVectors {
  const random = randomFrom(seed)
  const values = Float32Array.from({ length: rowCount * dim }, (_, at) =>
    numbers(random, Math.floor(at / dim), at % dim),
  )
  const dataType = DataType.FloatVector
  return { dataType, dim, width: dim, rowCount, stored: values, values }
}

const cases = fc.record({
  dim: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(127, 129)),
  k: fc.constantFrom(1, 3, 10),
  density: fc.constantFrom(null, 0.3),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
})

describe('the bounds of the codes of IVF_FLAT', () => {
  for (const metric of ['L2', 'IP', 'COSINE'] as const) {
    for (const [which, numbers] of Object.entries(kinds)) {
      it(`leave out no neighbor by ${metric} among rows ${which}`, async () => {
        const property = fc.asyncProperty(cases, async ({ dim, k, density, seed }) => {
          const vectors = vectorsOf(numbers, dim, 1200, seed)
          const spec: IndexSpec = { indexType: 'IVF_FLAT', metric, params: { nlist: 4 } }
          const index = await buildIndex(ivf, pool, memory, vectors, spec)
          const random = randomFrom(seed + 1)
          const queries = Float32Array.from({ length: 6 * dim }, (_, at) =>
            at < 3 * dim
              ? vectors.values[at]
              : numbers(random, Math.floor(at / dim), at % dim) * (1 + random() / 8),
          )
          const mask = bitmapWithLength(1216)
          for (let row = 0; row < 1200; row++) if (random() < (density ?? 1)) setBit(mask, row)
          const search = { queries, k, params: { nprobe: 4 } }
          const masked = density === null ? search : { ...search, mask }
          try {
            const found = index.search(masked)
            const truth = expected(vectors, metric, masked)
            for (const [query, neighbors] of truth.entries()) {
              const distances = found[query].map(({ distance }) => distance)
              expect(distances).toHaveLength(neighbors.length)
              for (const [place, { distance }] of neighbors.entries()) {
                // What overflows is as far as can be, or as near, by the order of adding.
                if (Math.abs(distance) > 1e37) continue
                const slack = 2e-5 * sizeOf(vectors, queries, query, metric)
                expect(distances[place] - distance || 0).toBeLessThanOrEqual(slack)
              }
            }
          } finally {
            index.close()
          }
        })
        await fc.assert(property, { numRuns: 3, seed: 5 })
      })
    }
  }
})

/** How large what is added up to a distance may be. */
function sizeOf(
  { values, dim }: TestVectors,
  queries: Float32Array,
  query: number,
  metric: string,
) {
  if (metric === 'COSINE') return 1
  const largest = (list: Float32Array) =>
    list.reduce((most, one) => Math.max(most, Math.abs(one)), 0)
  const [row, asked] = [largest(values), largest(queries.subarray(query * dim, (query + 1) * dim))]
  const size = metric === 'IP' ? row * asked : (row + asked) ** 2
  return Math.min(size * dim, 3e38) * 1e-2 + 1e-37
}
