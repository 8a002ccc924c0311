import { afterAll, describe, expect, it } from 'vitest'
import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import { VectorMemory } from '../../dist/kernels/vector-memory.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Metric } from '../../dist/schema/metric.js'
import { nearest } from '../../dist/search/nearest/nearest.js'
import type {
  NearestQuery,
  Neighbors,
  SegmentVectors,
} from '../../dist/search/nearest/nearest-query.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'
import { nearestRows } from '../kernels/reference.js'

type Values = Float32Array | Uint8Array

const pool = createWorkerPool(2)
const memory = new VectorMemory()
afterAll(() => pool.close())

/** Deterministic numbers in [0, 1). */
function randomFrom(seed: number) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
const random = randomFrom(11)

function valuesOf(isBits: boolean, count: number): Values {
  return isBits
    ? Uint8Array.from({ length: count }, () => random() * 256)
    : Float32Array.from({ length: count }, () => Math.floor(random() * 9) - 4)
}

function bytesOf(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

function segmentOf(
  values: Values,
  width: number,
  partRows: readonly number[],
  density: number | null,
  into = memory,
): SegmentVectors {
  let rowBegin = 0
  const parts = partRows.map((rowCount) => {
    const bytes = bytesOf(values.subarray(rowBegin * width, (rowBegin + rowCount) * width))
    const region = into.allocate(bytes.length)
    into.bytesOf(region).set(bytes)
    const part = { region, rowBegin, rowCount }
    rowBegin += rowCount
    return part
  })
  if (density === null) return { rowCount: rowBegin, parts, mask: null }
  const mask = bitmapWithLength(rowBegin)
  for (let row = 0; row < rowBegin; row++) if (random() < density) setBit(mask, row)
  return { rowCount: rowBegin, parts, mask }
}

/** Brute force: all segments' nearest, sorted by distance, segment, row. */
function expected(
  metric: Metric,
  width: number,
  segments: readonly { values: Values; view: SegmentVectors }[],
  query: Values,
  k: number,
) {
  return segments
    .flatMap(({ values, view }, segment) =>
      nearestRows(metric, width, values, view.rowCount, view.mask, query, k).map((found) => ({
        segment,
        ...found,
      })),
    )
    .sort((a, b) => a.distance - b.distance || a.segment - b.segment || a.row - b.row)
    .slice(0, k)
}

function plain({ distances, segments, rows }: Neighbors) {
  return Array.from(rows, (row, place) => ({
    segment: segments[place],
    row,
    distance: distances[place],
  }))
}

const layouts: { partRows: number[]; density: number | null }[] = [
  { partRows: [6000, 4096, 3], density: null },
  { partRows: [], density: null },
  { partRows: [8, 16, 1001], density: 0.5 },
  { partRows: [5001], density: 0.01 },
  { partRows: [200], density: 0 },
]

const cases: [Metric, number, number][] = [
  ['L2', 17, 10],
  ['IP', 32, 100],
  ['COSINE', 17, 10],
  ['HAMMING', 40, 10],
  ['JACCARD', 128, 7],
]

describe('nearest', () => {
  it.each(cases)('finds by %s of dimension %i what brute force finds', async (metric, dim, k) => {
    const isBits = metric === 'HAMMING' || metric === 'JACCARD'
    const dataType = isBits ? DataType.BinaryVector : DataType.FloatVector
    const width = isBits ? dim / 8 : dim
    const segments = layouts.map(({ partRows, density }) => {
      const rowCount = partRows.reduce((sum, count) => sum + count, 0)
      const values = valuesOf(isBits, rowCount * width)
      return { values, view: segmentOf(values, width, partRows, density) }
    })
    const views = segments.map(({ view }) => view)
    for (const nq of [1, 33]) {
      const queries = valuesOf(isBits, nq * width)
      const query = { dataType, dim, metric, nq, bytes: bytesOf(queries), k }
      const found = await nearest(pool, memory, views, query)
      expect(found.length).toBe(nq)
      found.forEach((neighbors, index) => {
        const one = queries.subarray(index * width, (index + 1) * width)
        expect(plain(neighbors)).toEqual(expected(metric, width, segments, one, k))
      })
    }
    for (const { view } of segments) for (const { region } of view.parts) memory.free(region)
  })

  it('works over several memories, and gives back what it used', async () => {
    const small = new VectorMemory({ memoryBytesMax: 2 << 20 })
    const segments = [1, 2, 3].map(() => {
      const values = valuesOf(false, 20_000 * 20)
      return { values, view: segmentOf(values, 20, [20_000], 0.9, small) }
    })
    const views = segments.map(({ view }) => view)
    expect(new Set(views.map(({ parts }) => parts[0].region.memoryId)).size).toBe(3)
    const queries = valuesOf(false, 20)
    const query = floatQuery(20, queries, 50)
    for (let round = 0; round < 100; round++) {
      const [neighbors] = await nearest(pool, small, views, query)
      if (round % 50) continue
      expect(plain(neighbors)).toEqual(expected('L2', 20, segments, queries, 50))
    }
  })

  it('gives all rows when k is larger, nearest first', async () => {
    const values = Float32Array.of(3, 1, 2, 1)
    const view = segmentOf(values, 1, [4], null)
    const [found] = await nearest(pool, memory, [view], floatQuery(1, Float32Array.of(0), 1000))
    expect(plain(found)).toEqual([
      { segment: 0, row: 1, distance: 1 },
      { segment: 0, row: 3, distance: 1 },
      { segment: 0, row: 2, distance: 4 },
      { segment: 0, row: 0, distance: 9 },
    ])
  })

  it('answers nothing where there is nothing', async () => {
    const query = floatQuery(2, Float32Array.of(1, 2, 3, 4), 10)
    const found = await nearest(pool, memory, [], query)
    expect(found.map(plain)).toEqual([[], []])
  })

  it.each([
    [DataType.SparseFloatVector, 'L2', 'SparseFloatVector with L2'],
    [DataType.FloatVector, 'HAMMING', 'FloatVector with HAMMING'],
    [DataType.BinaryVector, 'L2', 'BinaryVector with L2'],
    [DataType.FloatVector, 'SUBSTRUCTURE', 'FloatVector with SUBSTRUCTURE'],
  ] as const)('refuses type %i with %s by name', async (dataType, metric, name) => {
    const query = { dataType, dim: 8, metric, nq: 1, bytes: new Uint8Array(32), k: 1 }
    await expect(nearest(pool, memory, [], query)).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining(name),
    })
  })

  it('refuses bytes that are not nq vectors', async () => {
    const query = { ...floatQuery(3, Float32Array.of(1, 2, 3), 1), nq: 2 }
    await expect(nearest(pool, memory, [], query)).rejects.toThrow(
      'expected 2 vectors of dimension 3, 24 bytes, got 12',
    )
  })

  it.each([
    [DataType.Float16Vector, Uint16Array.of(0x3c00, 0x4000, 0xbc00, 0)],
    [DataType.BFloat16Vector, Uint16Array.of(0x3f80, 0x4000, 0xbf80, 0)],
    [DataType.Int8Vector, Int8Array.of(1, 2, -1, 0)],
  ] as const)('searches rows of type %i as the floats 1, 2, -1 and 0', async (dataType, rows) => {
    const bytes = new Uint8Array(rows.buffer)
    const region = memory.allocate(bytes.length)
    memory.bytesOf(region).set(bytes)
    const parts = [{ region, rowBegin: 0, rowCount: 2 }]
    const query = { dataType, dim: 2, nq: 1, bytes: Buffer.from(bytes.slice(0, bytes.length / 2)) }
    const [found] = await nearest(pool, memory, [{ rowCount: 2, parts, mask: null }], {
      ...query,
      metric: 'L2',
      k: 2,
    })
    expect(plain(found).map(({ row, distance }) => [row, distance])).toEqual([
      [0, 0],
      [1, 8],
    ])
    memory.free(region)
  })

  it('stops within milliseconds when it is cancelled, on the threads and on this one', async () => {
    const values = new Float32Array(100_000 * 128)
    const view = segmentOf(values, 128, [100_000], null)
    const query = floatQuery(128, new Float32Array(128 * 1000), 10)
    await nearest(pool, memory, [view], floatQuery(128, new Float32Array(128 * 4), 10))
    const controller = new AbortController()
    const search = nearest(pool, memory, [view], { ...query, signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    const startMs = performance.now()
    await expect(search).rejects.toMatchObject({ kind: 'cancelled' })
    expect(performance.now() - startMs).toBeLessThan(200)
    const signal = AbortSignal.abort()
    const short = { ...floatQuery(1, Float32Array.of(1), 1), signal }
    const few = segmentOf(Float32Array.of(1), 1, [1], null)
    await expect(nearest(pool, memory, [few], short)).rejects.toMatchObject({ kind: 'cancelled' })
  })
})

function floatQuery(dim: number, queries: Float32Array, k: number): NearestQuery {
  const nq = queries.length / dim
  return { dataType: DataType.FloatVector, dim, metric: 'L2', nq, bytes: bytesOf(queries), k }
}
