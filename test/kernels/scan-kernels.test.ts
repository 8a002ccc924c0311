import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitmapWithLength, countBits, setBit } from '../../dist/column/bitmap.js'
import {
  distanceFromKey,
  heapPlaceBytes,
  kernelElements,
  kernelMetrics,
  type scanKernelsOn,
  scanScratchBytes,
} from '../../dist/kernels/scan-kernels.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Metric } from '../../dist/schema/metric.js'
import { kernelBuilds } from './kernel-builds.js'
import { nearestRows, type StoredValues, widened } from './reference.js'

type Values = Float32Array | Uint8Array
type ScanKernels = ReturnType<typeof scanKernelsOn>

interface Case {
  readonly metric: Metric
  readonly width: number
  readonly rowCount: number
  readonly nq: number
  readonly k: number
  readonly rows: Values
  readonly queries: Values
  readonly mask: Uint8Array | null
  readonly near?: number
  /** The rows as they are stored, where that is not float32. */
  readonly stored?: { readonly dataType: DataType; readonly values: StoredValues }
}

const memory = new WebAssembly.Memory({ initial: 2, maximum: 65_535, shared: true })

/** What the kernels find, with memory laid out as tightly as callers may. */
function scan(kernels: ScanKernels, { metric, width, rowCount, nq, k, ...input }: Case, from = 64) {
  const element = kernelElements[input.stored?.dataType ?? DataType.FloatVector]!
  const near = input.near ?? -Infinity
  let at = from
  const put = (values: ArrayBufferView) => {
    const address = at
    at = Math.ceil((at + values.byteLength) / 64) * 64
    if (at > memory.buffer.byteLength)
      memory.grow(Math.ceil((at - memory.buffer.byteLength) / 65_536))
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    new Uint8Array(memory.buffer, address, bytes.length).set(bytes)
    return address
  }
  const scratch = put(new Uint8Array(scanScratchBytes(nq, element, width)).fill(0xff))
  const heaps = put(new Uint8Array(nq * k * heapPlaceBytes))
  const queries = put(input.queries)
  const mask = input.mask ? put(input.mask) : 0
  const rows = put(input.stored?.values ?? input.rows)
  kernels.clearHeaps(heaps, nq, k)
  const number = kernelMetrics[metric]!
  kernels.scan(
    number,
    element,
    width,
    rows,
    rowCount,
    0,
    mask,
    queries,
    nq,
    near,
    heaps,
    k,
    scratch,
  )
  kernels.sortHeaps(heaps, nq, k)
  const places = new Uint32Array(memory.buffer, heaps, nq * k * 2)
  return Array.from({ length: nq }, (_, query) => neighborsAt(places, query * k, k))
}

function neighborsAt(places: Uint32Array, first: number, k: number) {
  const neighbors = []
  for (let place = first; place < first + k; place++) {
    const [row, key] = places.subarray(place * 2, place * 2 + 2)
    if (key !== 0xffffffff) neighbors.push({ row, distance: distanceFromKey(key) })
  }
  return neighbors
}

function expected({ metric, width, rows, rowCount, mask, queries, nq, k, near = -Infinity }: Case) {
  return Array.from({ length: nq }, (_, index) => {
    const query = queries.subarray(index * width, (index + 1) * width)
    const all = nearestRows(metric, width, rows, rowCount, mask, query, rowCount)
    return all.filter(({ distance }) => distance >= near).slice(0, k)
  })
}

/** Deterministic numbers in [0, 1). */
function randomFrom(seed: number) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function caseOf(
  metric: Metric,
  width: number,
  rowCount: number,
  nq: number,
  k: number,
  seed: number,
  density: number | null,
  numberFrom: (random: () => number) => number,
): Case {
  const random = randomFrom(seed)
  const isBits = !floatMetrics.includes(metric)
  const values = (count: number): Values =>
    isBits
      ? Uint8Array.from({ length: count }, () => (random() < 0.2 ? 0 : random() * 256))
      : Float32Array.from({ length: count }, () => numberFrom(random))
  const mask = density === null ? null : bitmapWithLength(rowCount)
  if (mask && density !== null) {
    for (let row = 0; row < rowCount; row++) if (random() < density) setBit(mask, row)
  }
  const rows = values(rowCount * width)
  return { metric, width, rowCount, nq, k, rows, queries: values(nq * width), mask }
}

/** Whole numbers: every sum is exact, and there are many ties. */
const wholeNumber = (random: () => number) => Math.floor(random() * 7) - 3
const fraction = (random: () => number) => random() * 2 - 1

const floatMetrics: Metric[] = ['L2', 'IP', 'COSINE']
const exactMetrics: Metric[] = [
  ...floatMetrics,
  ...(['HAMMING', 'JACCARD', 'SUBSTRUCTURE', 'SUPERSTRUCTURE'] as const),
]

/** Patterns of finite values, subnormal ones too. */
const storedTypes: [string, DataType, (random: () => number) => number][] = [
  ['Float16Vector', DataType.Float16Vector, (random) => (random() * 0x10000) & 0xbfff],
  ['BFloat16Vector', DataType.BFloat16Vector, (random) => (random() * 0x10000) & 0xbfff],
  ['Int8Vector', DataType.Int8Vector, (random) => random() * 256],
]

function valuesOf(dataType: DataType, patterns: readonly number[]): StoredValues {
  return dataType === DataType.Int8Vector ? Int8Array.from(patterns) : Uint16Array.from(patterns)
}

const builds = kernelBuilds<ScanKernels>(memory)

describe.each(builds)('the scan of $file', ({ kernels }) => {
  it('finds exactly what its plain twin finds, ties by row', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...exactMetrics),
        fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 127, 129, 200)),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer(),
        fc.constantFrom(null, 0, 0.02, 0.5, 1),
        (metric, width, rowCount, nq, k, seed, density) => {
          const input = caseOf(metric, width, rowCount, nq, k, seed, density, wholeNumber)
          expect(scan(kernels, input)).toEqual(expected(input))
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each(storedTypes)(
    'finds among rows of %s what it finds among the same rows as floats',
    (_, dataType, bits) => {
      fc.assert(
        fc.property(
          fc.constantFrom(...floatMetrics),
          fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 127, 129, 200)),
          fc.integer({ min: 0, max: 150 }),
          fc.integer({ min: 1, max: 6 }),
          fc.integer(),
          fc.constantFrom(null, 0.1, 0.9),
          (metric, width, rowCount, nq, seed, density) => {
            const plain = caseOf(metric, width, rowCount, nq, 9, seed, density, fraction)
            const random = randomFrom(seed)
            const patterns = Array.from({ length: rowCount * width }, () => bits(random))
            const values = valuesOf(dataType, patterns)
            const rows = widened(dataType, values)
            const input = { ...plain, rows }
            expect(scan(kernels, { ...input, stored: { dataType, values } })).toEqual(
              scan(kernels, input),
            )
          },
        ),
        { numRuns: 60 },
      )
    },
  )

  it('widens every 16-bit pattern and every byte exactly', () => {
    for (const [, dataType] of storedTypes) {
      const count = dataType === DataType.Int8Vector ? 256 : 65_536
      const values = valuesOf(
        dataType,
        Array.from({ length: count }, (_, pattern) => pattern),
      )
      const floats = widened(dataType, values).map((value) => (Number.isFinite(value) ? value : 0))
      const finite = values.map((pattern, index) => (floats[index] === 0 ? 0 : pattern))
      const input = { metric: 'IP', width: 1, nq: 1, mask: null, rows: floats } as const
      const queries = Float32Array.of(-1)
      const ask = { ...input, rowCount: count, k: count, queries }
      const stored = { dataType, values: finite }
      expect(scan(kernels, { ...ask, stored })).toEqual(scan(kernels, ask))
    }
  })

  it('passes by what is nearer than it may be', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...exactMetrics),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: -4, max: 30 }),
        fc.integer(),
        (metric, width, nq, near, seed) => {
          const input = { ...caseOf(metric, width, 150, nq, 10, seed, null, wholeNumber), near }
          expect(scan(kernels, input)).toEqual(expected(input))
        },
      ),
      { numRuns: 100 },
    )
  })

  it.each([1, 3, 127, 129, 4095])('handles rows of %i floats, for one query and many', (dim) => {
    for (const metric of floatMetrics) {
      for (const nq of [1, 6]) {
        const input = caseOf(metric, dim, 70, nq, 9, dim, null, wholeNumber)
        expect(scan(kernels, input)).toEqual(expected(input))
      }
    }
  })

  it('gives the same for many queries together as for each alone', () => {
    for (const metric of floatMetrics) {
      for (const offset of [0, 100, 1e-18, 1e18]) {
        const numberFrom = (random: () => number) =>
          offset === 100 ? offset + fraction(random) : fraction(random) * (offset || 1)
        const input = caseOf(metric, 77, 500, 33, 10, 7, 0.7, numberFrom)
        const alone = Array.from({ length: input.nq }, (_, index) => {
          const queries = input.queries.subarray(index * 77, (index + 1) * 77)
          return scan(kernels, { ...input, nq: 1, queries })[0]
        })
        expect(scan(kernels, input)).toEqual(alone)
      }
    }
  })

  it('is as near as float32 can be for any numbers', () => {
    for (const metric of floatMetrics) {
      const input = caseOf(metric, 300, 400, 5, 20, 3, null, fraction)
      scan(kernels, input).forEach((neighbors, query) => {
        const exact = expected(input)[query]
        neighbors.forEach(({ distance }, place) => {
          expect(distance).toBeCloseTo(exact[place].distance, metric === 'COSINE' ? 6 : 3)
        })
      })
    }
  })

  it('never gives NaN, and finds rows whose distance overflows last', () => {
    for (const metric of floatMetrics) {
      for (const nq of [1, 4]) {
        const rows = Float32Array.of(3e38, -3e38, 1, 2, 0, 0, 3e38, 3e38)
        const queries = Float32Array.from({ length: nq * 2 }, () => 3e38)
        const input = { metric, width: 2, rowCount: 4, nq, k: 4, rows, queries, mask: null }
        for (const neighbors of scan(kernels, input)) {
          expect(neighbors.length).toBe(4)
          expect(neighbors.some(({ distance }) => Number.isNaN(distance))).toBe(false)
        }
      }
    }
  })

  it('gives a cosine of 0 to a vector of zeros, and a right one to very short and long vectors', () => {
    const rows = Float32Array.of(0, 0, 1e-30, 1e-30, 1e30, 0, -1, -1)
    for (const nq of [1, 5]) {
      const queries = Float32Array.from({ length: nq * 2 }, () => 1e-25)
      const input = {
        metric: 'COSINE',
        width: 2,
        rowCount: 4,
        nq,
        k: 4,
        rows,
        queries,
        mask: null,
      } as const
      for (const neighbors of scan(kernels, input)) {
        expect(neighbors.map(({ row }) => row)).toEqual([1, 2, 0, 3])
        expect(neighbors.map(({ distance }) => distance)).toEqual(
          [-1, -Math.SQRT1_2, 0, 1].map((value) => expect.closeTo(value, 6)),
        )
      }
    }
  })

  it('counts the rows of a mask, and no bits behind the last one', () => {
    const property = fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.nat(7),
      (bytes, spare) => {
        const words = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0xff)
        words.set(bytes)
        new Uint8Array(memory.buffer, 64, words.length).set(words)
        const rowCount = bytes.length * 8 - spare
        expect(kernels!.countRows(64, rowCount)).toBe(countBits(bytes, rowCount))
      },
    )
    fc.assert(property, { seed: 11 })
  })

  it('works on the far side of 2 GiB', () => {
    const from = 3 * 2 ** 30 + 64
    memory.grow(Math.max(0, Math.ceil((from - memory.buffer.byteLength) / 65_536)))
    for (const nq of [1, 5]) {
      const input = caseOf('L2', 19, 150, nq, 8, 5, 0.5, wholeNumber)
      expect(scan(kernels, input, from)).toEqual(expected(input))
    }
  })
})
