import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { bitmapWithLength, hasBit, setBit } from '../../dist/column/bitmap.js'
import type { ListColumn } from '../../dist/column/column.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Metric } from '../../dist/schema/metric.js'
import { nearestLists } from '../../dist/search/nearest/nearest-lists.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { field } from '../support/fields.js'

const dim = 3
const pool = createWorkerPool()
afterAll(() => pool.close())

type Rows = readonly (readonly (readonly number[])[])[]

function columnOf(rows: Rows, isShared: boolean): ListColumn {
  const numbers = rows.flat(2)
  const values = new Float32Array(
    isShared ? new SharedArrayBuffer(numbers.length * 4) : numbers.length,
  )
  values.set(numbers)
  const offsets = new Int32Array(rows.length + 1)
  rows.forEach((row, index) => {
    offsets[index + 1] = offsets[index] + row.length
  })
  return {
    ...{ shape: 'list', offsets, validity: null },
    child: { shape: 'fixed', values, width: dim, validity: null },
  }
}

const distances: Partial<
  Record<Metric, (one: readonly number[], other: readonly number[]) => number>
> = {
  MAX_SIM_IP: (one, other) => -one.reduce((sum, value, at) => sum + value * other[at], 0),
  MAX_SIM_L2: (one, other) => one.reduce((sum, value, at) => sum + (value - other[at]) ** 2, 0),
}

const vector = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: dim, maxLength: dim })
const list = (minLength: number) => fc.array(vector, { minLength, maxLength: 4 })

function queriesOf(lists: Rows) {
  const bytes = new Uint8Array(Float32Array.from(lists.flat(2)).buffer)
  const offsets = new Int32Array(lists.length + 1)
  lists.forEach((each, index) => {
    offsets[index + 1] = offsets[index] + each.length * dim * 4
  })
  return { dataType: DataType.FloatVector, nq: lists.length, bytes, offsets, isList: true }
}

const floats = field(100, 'f', DataType.ArrayOfVector, { elementType: DataType.FloatVector, dim })

describe('the rows with the nearest lists', () => {
  it('are those that plain sums of the nearest find, ties by segment and row', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(list(0), { maxLength: 20 }), { minLength: 1, maxLength: 3 }),
        fc.array(list(1), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom<Metric>('MAX_SIM_IP', 'MAX_SIM_L2'),
        fc.constantFrom(-Infinity, 2),
        async (segments, lists, k, metric, near) => {
          const mask = bitmapWithLength(20)
          for (let row = 0; row < 20; row++) if (row % 3 !== 1) setBit(mask, row)
          const searched = segments.map((rows, index) => ({
            rowCount: rows.length,
            column: columnOf(rows, index === 0),
            mask: index === 1 ? null : mask,
          }))
          const found = await nearestLists(pool, searched, {
            ...{ field: floats, metric, queries: queriesOf(lists), k, near },
          })
          for (const [index, query] of lists.entries()) {
            const wanted = plainNearest(segments, searched, query, metric)
              .filter(({ distance }) => distance >= near)
              .slice(0, k)
            expect([...found[index].distances]).toEqual(wanted.map(({ distance }) => distance))
            expect([...found[index].segments]).toEqual(wanted.map(({ segment }) => segment))
            expect([...found[index].rows]).toEqual(wanted.map(({ row }) => row))
          }
        },
      ),
    )
  })

  it('are found on threads too, whatever memory they lie in', async () => {
    const rows = Array.from({ length: 3000 }, (_, row) =>
      Array.from({ length: 20 }, (_, at) => [row % 977, at, (row * at) % 13]),
    )
    const lists = [Array.from({ length: 30 }, (_, at) => [at * 30, 3, 2])]
    for (const isShared of [true, false]) {
      const column = columnOf(rows, isShared)
      const [found] = await nearestLists(pool, [{ rowCount: 3000, column, mask: null }], {
        ...{
          field: floats,
          metric: 'MAX_SIM_L2',
          queries: queriesOf(lists),
          k: 5,
          near: -Infinity,
        },
      })
      const searched = [{ rowCount: 3000, mask: null }]
      const wanted = plainNearest([rows], searched, lists[0], 'MAX_SIM_L2').slice(0, 5)
      expect([...found.rows]).toEqual(wanted.map(({ row }) => row))
      expect([...found.distances]).toEqual(wanted.map(({ distance }) => Math.fround(distance)))
    }
  })

  it('are found by their elements, where the queries are single vectors', async () => {
    const rows = [
      [[1, 0, 0]],
      [],
      [
        [0, 0, 9],
        [2, 0, 0],
      ],
      [[3, 0, 0]],
    ]
    const column = columnOf(rows, false)
    const elementMask = Uint8Array.of(0b1101)
    const mask = Uint8Array.of(0b0111)
    const bytes = new Uint8Array(Float32Array.of(2, 0, 0, 0, 0, 9).buffer)
    const queries = { dataType: DataType.FloatVector, nq: 2, bytes }
    const search = { field: floats, metric: 'L2' as Metric, queries, k: 2, near: -Infinity }
    const segment = { rowCount: 4, column, mask }
    const [first, second] = await nearestLists(pool, [segment], search)
    expect([[...first.rows], [...(first.elements ?? [])], [...first.distances]]).toEqual([
      [2, 0],
      [1, 0],
      [0, 1],
    ])
    expect([[...second.rows], [...(second.elements ?? [])]]).toEqual([
      [2, 0],
      [0, 0],
    ])
    const [, masked] = await nearestLists(pool, [{ ...segment, elementMask }], search)
    expect([[...masked.rows], [...(masked.elements ?? [])]]).toEqual([
      [0, 2],
      [0, 1],
    ])
  })

  it('are compared by angles and by bits as well', async () => {
    const near = -Infinity
    const column = columnOf([[[1, 0, 0]], [[5, 5, 0]], [[0, 0, 0]]], false)
    const segments = [{ rowCount: 3, column, mask: null }]
    const queries = queriesOf([
      [
        [2, 0, 0],
        [0, 3, 0],
      ],
    ])
    const [cosine] = await nearestLists(pool, segments, {
      ...{ field: floats, metric: 'MAX_SIM', queries, k: 3, near },
    })
    expect([...cosine.rows]).toEqual([1, 0, 2])
    expect(cosine.distances[0]).toBeCloseTo(-Math.SQRT2, 6)
    const bits: ListColumn = {
      ...{ shape: 'list', offsets: Int32Array.of(0, 1, 3), validity: null },
      child: { shape: 'fixed', values: Uint8Array.of(0xff, 0x0f, 0x01), width: 1, validity: null },
    }
    const ofBits = { ...floats, elementType: DataType.BinaryVector, dim: 8 }
    const asked = { dataType: DataType.BinaryVector, nq: 1, bytes: Uint8Array.of(0x03, 0xf0) }
    const bitQueries = { ...asked, offsets: Int32Array.of(0, 2), isList: true }
    const found = (metric: Metric) =>
      nearestLists(pool, [{ rowCount: 2, column: bits, mask: null }], {
        ...{ field: ofBits, metric, queries: bitQueries, k: 2, near },
      })
    expect([...(await found('MAX_SIM_HAMMING'))[0].distances]).toEqual([6, 10])
    expect([...(await found('MAX_SIM_JACCARD'))[0].distances]).toEqual([1.25, 1.5])
  })
})

function plainNearest(
  segments: readonly Rows[],
  searched: readonly { readonly mask: Uint8Array | null }[],
  query: readonly (readonly number[])[],
  metric: Metric,
) {
  const distance = distances[metric]!
  return segments
    .flatMap((rows, segment) => rows.map((row, index) => ({ segment, row: index, vectors: row })))
    .filter(({ segment, row, vectors }) => {
      const { mask } = searched[segment]
      return vectors.length > 0 && (mask === null || hasBit(mask, row))
    })
    .map(({ segment, row, vectors }) => ({
      segment,
      row,
      distance: query
        .map((one) => Math.min(...vectors.map((other) => distance(one, other))))
        .reduce((sum, each) => sum + each, 0),
    }))
    .sort((left, right) => left.distance - right.distance)
}
