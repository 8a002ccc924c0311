import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import type { rowKernelsOn } from '../../dist/kernels/row-kernels.js'
import {
  distanceFromKey,
  kernelMetrics,
  type scanKernelsOn,
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

function found(k: number) {
  const places = new Uint32Array(memory.buffer, heapAt, k * 2)
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

  it('gives each row the nearest of its few centroids, the first of equal ones', () => {
    fc.assert(
      fc.property(
        widths,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 17 }),
        fc.integer({ min: 1 }),
        (width, rowCount, nearCount, seed) => {
          const random = randomFrom(seed)
          const centroidCount = 30
          const [rows, centroids] = [rowCount, centroidCount].map((count) =>
            wholeNumbers(random, count * width),
          )
          const anyList = () => Math.floor(random() * centroidCount)
          const near = Uint16Array.from({ length: rowCount * nearCount }, anyList)
          const lists = Uint32Array.from({ length: rowCount }, anyList)
          new Uint8Array(memory.buffer).fill(0xff)
          put(rowsAt, rows)
          put(rowsAt + rows.byteLength, centroids)
          put(idsAt, new Uint8Array(near.buffer))
          put(resultAt, lists)
          const moved = kernels.chooseNear(
            ...([width, rowsAt, rowCount, rowsAt + rows.byteLength, idsAt] as const),
            ...([nearCount, resultAt] as const),
          )
          const part = (values: Float32Array, at: number) =>
            values.subarray(at * width, (at + 1) * width)
          const expected = lists.map((_, row) => {
            const own = near.subarray(row * nearCount, (row + 1) * nearCount)
            const distances = Array.from(own, (centroid) =>
              squared(part(rows, row), part(centroids, centroid)),
            )
            return own[distances.indexOf(Math.min(...distances))]
          })
          expect(new Uint32Array(memory.buffer, resultAt, rowCount)).toEqual(expected)
          expect(moved).toBe(expected.filter((list, row) => list !== lists[row]).length)
        },
      ),
      { numRuns: 80 },
    )
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
