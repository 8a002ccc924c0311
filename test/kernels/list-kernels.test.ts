import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import type { rowKernelsOn } from '../../dist/kernels/row-kernels.js'
import {
  distanceFromKey,
  kernelMetrics,
  type scanKernelsOn,
  wholeRowBytes,
} from '../../dist/kernels/scan-kernels.js'
import { randomFrom } from '../indexes/vectors.js'
import { kernelBuilds } from './kernel-builds.js'
import { nearestRows } from './reference.js'

type Kernels = ReturnType<typeof rowKernelsOn> & ReturnType<typeof scanKernelsOn>

const memory = new WebAssembly.Memory({ initial: 64, maximum: 65_535, shared: true })

const builds = kernelBuilds<Kernels>(memory)

const widths = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(127, 128, 129, 4095))
const [queryAt, heapAt, idsAt, maskAt, resultAt] = [64, 20_000, 30_000, 40_000, 50_000]
const rowsAt = 100_000

function put(address: number, values: Float32Array | Uint32Array | Uint8Array | Int8Array): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  new Uint8Array(memory.buffer).set(bytes, address)
}

/** Whole numbers, so that any order of adding gives the same. */
function wholeNumbers(random: () => number, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => Math.floor(random() * 19) - 9)
}

function found(k: number, heap = heapAt) {
  const places = new Uint32Array(memory.buffer, heap, k * 2)
  const neighbors: { row: number; distance: number }[] = []
  for (let at = 0; at < k && places[at * 2 + 1] !== 0xffffffff; at++) {
    neighbors.push({ row: places[at * 2], distance: distanceFromKey(places[at * 2 + 1]) })
  }
  return neighbors
}

function squared(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, at) => sum + (value - right[at]) ** 2, 0)
}

describe.each(builds)('the kernels of lists of $file', ({ kernels }) => {
  const k = 7

  it('finds the nearest centroids as their plain twin does', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('L2' as const, 'IP' as const),
        widths,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1 }),
        (metric, width, rowCount, seed) => {
          const random = randomFrom(seed)
          const [query, rows] = [width, rowCount * width].map((count) =>
            wholeNumbers(random, count),
          )
          new Uint8Array(memory.buffer).fill(0xff)
          put(queryAt, query)
          put(rowsAt, rows)
          kernels.clearHeaps(heapAt, 1, k)
          kernels.scanCentroids(kernelMetrics[metric]!, width, rowsAt, rowCount, queryAt, heapAt, k)
          kernels.sortHeaps(heapAt, 1, k)
          expect(found(k)).toEqual(nearestRows(metric, width, rows, rowCount, null, query, k))
        },
      ),
      { numRuns: 80 },
    )
  })

  it('finds the same for many queries', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('L2' as const, 'IP' as const),
        fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(127, 128, 129)),
        fc.integer({ min: 1, max: 140 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1 }),
        (metric, width, rowCount, nq, seed) => {
          const random = randomFrom(seed)
          const [queries, rows] = [nq, rowCount].map((count) => wholeNumbers(random, count * width))
          new Uint8Array(memory.buffer).fill(0xff)
          put(idsAt, queries)
          put(rowsAt, rows)
          kernels.clearHeaps(heapAt, nq, k)
          kernels.scanTogether(
            ...([kernelMetrics[metric]!, width, rowsAt, rowCount, idsAt, nq] as const),
            ...([heapAt, k, queryAt] as const),
          )
          kernels.sortHeaps(heapAt, nq, k)
          for (let at = 0; at < nq; at++) {
            const query = queries.subarray(at * width, (at + 1) * width)
            expect(found(k, heapAt + at * k * 8)).toEqual(
              nearestRows(metric, width, rows, rowCount, null, query, k),
            )
          }
        },
      ),
      { numRuns: 80 },
    )
  })

  it('gives each row the nearest of its few centroids, the first of equal ones, also after those have moved', () => {
    fc.assert(
      fc.property(
        widths,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 17 }),
        fc.integer({ min: 1 }),
        (width, rowCount, nearCount, seed) => {
          const random = randomFrom(seed)
          const centroidCount = 30
          const [rows, centroids, moves] = [rowCount, centroidCount, centroidCount].map((count) =>
            wholeNumbers(random, count * width),
          )
          const anyList = () => Math.floor(random() * centroidCount)
          const near = Uint16Array.from({ length: rowCount * nearCount }, anyList)
          const lists = Uint32Array.from({ length: rowCount }, anyList)
          const drifts = new Float32Array(centroidCount)
          const centroidsAt = rowsAt + rows.byteLength
          const boundsAt = centroidsAt + centroids.byteLength
          new Uint8Array(memory.buffer).fill(0xff)
          put(rowsAt, rows)
          put(idsAt, new Uint8Array(near.buffer))
          put(resultAt, lists)
          const choose = (isFirst: number) => {
            put(centroidsAt, centroids)
            put(queryAt, drifts)
            return kernels.chooseNear(
              ...([width, rowsAt, rowCount, centroidsAt, idsAt, nearCount, resultAt] as const),
              ...([boundsAt, queryAt, isFirst] as const),
            )
          }
          const part = (values: Float32Array, at: number) =>
            values.subarray(at * width, (at + 1) * width)
          const distanceTo = (row: number, list: number) =>
            squared(part(rows, row), part(centroids, list))
          const expected = lists.map((_, row) => {
            const own = near.subarray(row * nearCount, (row + 1) * nearCount)
            const distances = Array.from(own, (list) => distanceTo(row, list))
            return own[distances.indexOf(Math.min(...distances))]
          })
          const moved = choose(1)
          expect(new Uint32Array(memory.buffer, resultAt, rowCount)).toEqual(expected)
          expect(moved).toBe(expected.filter((list, row) => list !== lists[row]).length)
          for (let round = 1; round < 5; round++) {
            for (let list = 0; list < centroidCount; list++) {
              if (random() < 0.5) continue
              const before = part(centroids, list).slice()
              part(centroids, list).forEach((value, at, values) => {
                values[at] = value + part(moves, list)[at] / 16 / round
              })
              drifts[list] += Math.sqrt(squared(before, part(centroids, list)))
            }
            choose(0)
            for (const [row, list] of new Uint32Array(
              memory.buffer,
              resultAt,
              rowCount,
            ).entries()) {
              const own = near.subarray(row * nearCount, (row + 1) * nearCount)
              const least = Math.min(...Array.from(own, (each) => distanceTo(row, each)))
              expect(distanceTo(row, list)).toBeLessThanOrEqual(least * (1 + 1e-5))
            }
          }
        },
      ),
      { numRuns: 80 },
    )
  })

  it('finds as whole numbers about the nearest centroids, and no others where they stand apart', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(127, 128, 129, 1000, 4095)),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom(1, 5, 16),
        fc.constantFrom(1, 1e-4, 1e4),
        fc.integer({ min: 1 }),
        (width, rowCount, listCount, k, unit, seed) => {
          const random = randomFrom(seed)
          const floats = (count: number) =>
            Float32Array.from({ length: count * width }, () => (random() * 2 - 0.5) * unit)
          const [rows, centroids, mean] = [floats(rowCount), floats(listCount), floats(1)]
          const wholeBytes = wholeRowBytes(width)
          const centroidsAt = rowsAt + rows.byteLength
          const wholeAt = Math.ceil((centroidsAt + centroids.byteLength) / 64) * 64
          const wholeCentroidsAt = wholeAt + rowCount * wholeBytes
          new Uint8Array(memory.buffer).fill(0xff)
          put(rowsAt, rows)
          put(centroidsAt, centroids)
          put(queryAt, mean)
          kernels.fillWholeRows(width, rowsAt, rowCount, queryAt, wholeAt, idsAt)
          kernels.fillWholeRows(width, centroidsAt, listCount, queryAt, wholeCentroidsAt, maskAt)
          kernels.clearHeaps(resultAt, rowCount, k)
          kernels.findNear(
            ...([width, wholeAt, idsAt, rowCount, wholeCentroidsAt, maskAt, listCount] as const),
            ...([resultAt, k, heapAt] as const),
          )
          kernels.sortHeaps(resultAt, rowCount, k)
          const part = (values: Float32Array, at: number) =>
            values.subarray(at * width, (at + 1) * width)
          const slack = 2e-3 * Math.max(width, 4) * unit * unit
          for (let row = 0; row < rowCount; row++) {
            const distances = Array.from({ length: listCount }, (_, list) =>
              squared(part(rows, row), part(centroids, list)),
            )
            const nearest = distances.slice().sort((left, right) => left - right)
            const places = new Uint32Array(memory.buffer, resultAt + row * k * 8, k * 2)
            const lists = Array.from({ length: Math.min(k, listCount) }, (_, at) => places[at * 2])
            expect(new Set(lists).size).toBe(lists.length)
            for (const [at, list] of lists.entries()) {
              expect(Math.abs(distances[list] - nearest[at])).toBeLessThanOrEqual(slack)
            }
          }
        },
      ),
      { numRuns: 80 },
    )
  })

  it('gives the ids at the places of a heap, and none for those that hold nothing', () => {
    const none = 0xffffffff
    put(heapAt, Uint32Array.of(none, none, 2, 5, 0, 7, none, none, 1, 6))
    put(idsAt, Uint32Array.of(30, 10, 20))
    put(resultAt, new Uint32Array(4))
    expect(kernels.fillIds(heapAt, 5, idsAt, resultAt)).toBe(3)
    expect(new Uint32Array(memory.buffer, resultAt, 4)).toEqual(Uint32Array.of(20, 30, 10, 0))
  })

  it('finds among rows here and there what a scan of them does, in whatever order they come', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('L2' as const, 'IP' as const, 'COSINE' as const),
        widths,
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(0.3, 1),
        fc.integer({ min: 1 }),
        (metric, width, rowCount, density, seed) => {
          const random = randomFrom(seed)
          const [query, rows] = [width, rowCount * width].map((count) =>
            wholeNumbers(random, count),
          )
          const ids = Uint32Array.from({ length: rowCount }, (_, row) => row).reverse()
          const [idMask, rowMask] = [bitmapWithLength(64), bitmapWithLength(64)]
          for (const [at, row] of ids.entries()) {
            if (random() >= density) continue
            setBit(idMask, at)
            setBit(rowMask, row)
          }
          new Uint8Array(memory.buffer).fill(0xff)
          put(queryAt, query)
          put(rowsAt, rows)
          put(idsAt, ids)
          put(maskAt, idMask)
          kernels.clearHeaps(heapAt, 1, k)
          const near = Number.NEGATIVE_INFINITY
          kernels.scanIds(
            ...([kernelMetrics[metric]!, 0, width, rowsAt, idsAt, rowCount] as const),
            ...([density < 1 ? maskAt : 0, queryAt, near, 1000, heapAt, k, resultAt] as const),
          )
          kernels.sortHeaps(heapAt, 1, k)
          const mask = density < 1 ? rowMask : null
          const expected = nearestRows(metric, width, rows, rowCount, mask, query, k)
          expect(found(k).map(({ distance }) => distance)).toEqual(
            expected.map(({ distance }) => expect.closeTo(distance, 5)),
          )
          if (metric === 'COSINE') return
          expect(found(k).map(({ row }) => row - 1000)).toEqual(expected.map(({ row }) => row))
        },
      ),
      { numRuns: 80 },
    )
  })

  it('measures what rounding to bytes took', () => {
    fc.assert(
      fc.property(
        widths,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1 }),
        (width, rowCount, seed) => {
          const random = randomFrom(seed)
          const step = 0.05
          const rows = Float32Array.from({ length: rowCount * width }, () => random() * 20 - 10)
          const offsets = Float32Array.from({ length: width }, () => random())
          const [offsetsAt, codesAt] = [
            rowsAt + rows.byteLength,
            rowsAt + rows.byteLength + width * 4,
          ]
          put(rowsAt, rows)
          put(offsetsAt, offsets)
          kernels.quantizeRows(width, rowsAt, rowCount, offsetsAt, step, codesAt)
          kernels.measureBytes(width, rowsAt, rowCount, offsetsAt, step, codesAt, resultAt)
          const codes = new Int8Array(memory.buffer, codesAt, rowCount * width)
          let [left, stood] = [0, 0]
          for (let row = 0; row < rowCount; row++) {
            const at = (component: number) => row * width + component
            const standsFor = (component: number) => codes[at(component)] * step
            const restOf = (component: number) =>
              rows[at(component)] - offsets[component] - standsFor(component)
            const lengthOf = (value: (component: number) => number) =>
              Math.hypot(...Array.from({ length: width }, (_, component) => value(component)))
            left = Math.max(left, lengthOf(restOf))
            stood = Math.max(stood, lengthOf(standsFor))
          }
          const measured = new Float32Array(memory.buffer, resultAt, 2)
          expect(measured[0] / (left || 1)).toBeCloseTo(left ? 1 : 0, 4)
          expect(measured[1] / (stood || 1)).toBeCloseTo(stood ? 1 : 0, 4)
        },
      ),
      { numRuns: 60 },
    )
  })
})
