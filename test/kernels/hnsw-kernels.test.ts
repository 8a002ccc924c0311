import { describe, expect, it } from 'vitest'
import { setBit } from '../../dist/column/bitmap.js'
import { hnswCodeKinds, type hnswKernelsOn } from '../../dist/kernels/hnsw-kernels.js'
import {
  distanceFromKey,
  kernelMetrics,
  type scanKernelsOn,
} from '../../dist/kernels/scan-kernels.js'
import type { Metric } from '../../dist/schema/metric.js'
import { kernelBuilds } from './kernel-builds.js'
import { nearestRows } from './reference.js'

type Kernels = ReturnType<typeof hnswKernelsOn> & ReturnType<typeof scanKernelsOn>

const memory = new WebAssembly.Memory({ initial: 256, maximum: 65_535, shared: true })
const k = 7
/** Where things lie, far from each other; the rest of the memory is never zeros. */
const at = {
  index: 64,
  rows: 4 << 20,
  query: 8 << 20,
  heap: 9 << 20,
  mask: 10 << 20,
  scratch: 11 << 20,
}

interface Case {
  readonly metric: Metric
  readonly kind: number
  readonly width: number
  readonly rows: Int8Array | Uint8Array
  readonly query: Float32Array | Uint8Array
  /** A bit for each row, in whole words of 64. */
  readonly mask?: Uint8Array
}

const int8Element = 3

/** All codes are looked at, and nothing but codes: what is found depends on their distances alone. */
function nearestByCodes(kernels: Kernels, { metric, kind, width, rows, query, mask }: Case) {
  const rowCount = rows.length / width
  new Uint8Array(memory.buffer, 64).fill(0xaa)
  new Uint8Array(memory.buffer, at.rows, rows.length).set(new Uint8Array(rows.buffer))
  new Uint8Array(memory.buffer, at.query, query.byteLength).set(new Uint8Array(query.buffer))
  kernels.hnswCreate(at.index, kind, width, 0, rowCount, 4, kernels.hnswUpperSlots(rowCount, 4))
  const numbers = new Uint32Array(memory.buffer, kernels.hnswRows(), rowCount)
  numbers.forEach((_, node) => {
    numbers[node] = rowCount - 1 - node
  })
  kernels.hnswEncode(int8Element, at.rows, 0, rowCount, at.scratch)
  kernels.clearHeaps(at.heap, 1, k)
  if (mask) new Uint8Array(memory.buffer, at.mask, mask.length).set(mask)
  const bits = mask ? at.mask : 0
  kernels.hnswOpenSearch(kernelMetrics[metric]!, int8Element, 0, bits, -Infinity, k, at.scratch)
  kernels.hnswStartScan(at.query, k)
  kernels.hnswScanCodes(0, rowCount)
  kernels.hnswFinishQuery(k, at.heap, k, 0)
  kernels.sortHeaps(at.heap, 1, k)
  const places = new Uint32Array(memory.buffer, at.heap, k * 2)
  return Array.from({ length: k }, (_, place) => distanceFromKey(places[place * 2 + 1]))
}

/** Whole numbers, so that every distance is exact; the same for every build. */
function numbersFrom(seed: number, count: number, low: number, high: number): number[] {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return low + Math.floor((state / 2 ** 32) * (high - low + 1))
  })
}

const rowCount = 100
const { squared8, squared16, dot8, dot16, hamming, jaccard } = hnswCodeKinds
const floatKinds: [string, Metric, number, number][] = [
  ['squared distances of 8 bits', 'L2', squared8, 100],
  ['squared distances of 16 bits', 'L2', squared16, 100],
  ['products of 8 bits', 'IP', dot8, 100],
  ['products of 16 bits', 'IP', dot16, 100],
]
const bitKinds: [string, Metric, number][] = [
  ['bits that differ', 'HAMMING', hamming],
  ['shares of bits', 'JACCARD', jaccard],
]

for (const { file, kernels } of kernelBuilds<Kernels>(memory)) {
  describe(`the codes of ${file}`, () => {
    for (const [name, metric, kind, most] of floatKinds) {
      it(`order as their reference: ${name}`, () => {
        for (const width of [1, 3, 15, 16, 17, 127, 129, 4095]) {
          const rows = Int8Array.from(numbersFrom(width, rowCount * width, -most, most))
          const query = Float32Array.from(numbersFrom(width + 1, width, -most, most))
          const values = Float32Array.from(rows)
          const truth = nearestRows(metric, width, values, rowCount, null, query, k)
          const found = nearestByCodes(kernels, { metric, kind, width, rows, query })
          expect(found).toEqual(truth.map(({ distance }) => distance))
        }
      })
    }

    for (const [name, metric, kind] of bitKinds) {
      it(`order as their reference: ${name}`, () => {
        for (const width of [1, 3, 15, 16, 17, 129]) {
          const rows = Uint8Array.from(numbersFrom(width, rowCount * width, 0, 255))
          const query = Uint8Array.from(numbersFrom(width + 1, width, 0, 255))
          const truth = nearestRows(metric, width, rows, rowCount, null, query, k)
          const found = nearestByCodes(kernels, { metric, kind, width, rows, query })
          expect(found).toEqual(truth.map(({ distance }) => distance))
        }
      })
    }

    it('are looked at where a mask leaves their rows, whatever share those are of', () => {
      const [width, manyRows] = [16, 9001]
      const rows = Int8Array.from(numbersFrom(7, manyRows * width, -100, 100))
      const query = Float32Array.from(numbersFrom(8, width, -100, 100))
      for (const percent of [0, 0.1, 1, 10, 60, 100]) {
        const mask = new Uint8Array(Math.ceil(manyRows / 64) * 8)
        const chances = numbersFrom(9, manyRows, 0, 999)
        for (const [row, chance] of chances.entries()) if (chance < percent * 10) setBit(mask, row)
        const truth = nearestRows('L2', width, Float32Array.from(rows), manyRows, mask, query, k)
        const input = { metric: 'L2', kind: squared8, width, rows, query, mask } as const
        const found = nearestByCodes(kernels, input).filter((distance) => !Number.isNaN(distance))
        expect(found, `${percent} %`).toEqual(truth.map(({ distance }) => distance))
      }
    })

    it('keep what is out of their range at its edge', () => {
      const rows = Int8Array.from(numbersFrom(5, rowCount * 20, -100, 100))
      const query = new Float32Array(20).fill(1e9)
      const found = nearestByCodes(kernels, {
        metric: 'L2',
        kind: squared8,
        width: 20,
        rows,
        query,
      })
      expect(found.every(Number.isFinite)).toBe(true)
    })
  })
}
