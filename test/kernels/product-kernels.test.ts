import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  blockPlaces,
  codeScanScratchBytes,
  codewordCount,
  productBlockBytes,
  type productKernelsOn,
  productTableBytes,
  rotationRounds,
} from '../../dist/kernels/product-kernels.js'
import type { rowKernelsOn } from '../../dist/kernels/row-kernels.js'
import { distanceFromKey, type scanKernelsOn } from '../../dist/kernels/scan-kernels.js'
import { randomFrom } from '../indexes/vectors.js'
import { kernelBuilds } from './kernel-builds.js'
import { dot, encoded, type ProductCodes, products, rotated } from './product-reference.js'

type Kernels = ReturnType<typeof productKernelsOn> &
  ReturnType<typeof scanKernelsOn> &
  ReturnType<typeof rowKernelsOn>

const memory = new WebAssembly.Memory({ initial: 64, maximum: 65_535, shared: true })

const builds = kernelBuilds<Kernels>(memory)

/** Memory that is given out from its begin on. */
function room() {
  let at = 64
  const take = (byteLength: number) => {
    const address = at
    at = Math.ceil((at + byteLength) / 64) * 64
    if (at > memory.buffer.byteLength) throw new Error('the memory of the test is full')
    new Uint8Array(memory.buffer, address, at - address).fill(0xff)
    return address
  }
  const put = (values: ArrayBufferView) => {
    const address = take(values.byteLength)
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    new Uint8Array(memory.buffer, address, bytes.length).set(bytes)
    return address
  }
  return { take, put }
}

/** Whole numbers: what is nearest is so exactly, and there are ties. */
function wholeNumbers(random: () => number, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => Math.floor(random() * 9) - 4)
}

function booksOf(random: () => number, codes: number, subWidth: number): Float32Array[][] {
  return Array.from({ length: codes }, () =>
    Array.from({ length: codewordCount }, () => wholeNumbers(random, subWidth)),
  )
}

/** A component of all words, then the next. */
function flat({ books, subWidth }: ProductCodes): Float32Array {
  const values = new Float32Array(books.length * subWidth * codewordCount)
  for (const [code, book] of books.entries()) {
    for (const [word, components] of book.entries()) {
      for (const [at, value] of components.entries()) {
        values[(code * subWidth + at) * codewordCount + word] = value
      }
    }
  }
  return values
}

function codeAt(block: number, place: number, code: number): number {
  const byte = new Uint8Array(memory.buffer)[block + (code >> 1) * blockPlaces + place]
  return code % 2 === 1 ? byte >> 4 : byte & 15
}

const shapes = fc.record({
  subWidth: fc.constantFrom(1, 2, 3, 4, 7),
  parts: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(127)),
  stages: fc.constantFrom(1, 2, 3),
  rowCount: fc.integer({ min: 1, max: 100 }),
  isProduct: fc.boolean(),
  seed: fc.integer({ min: 1 }),
})

describe.each(builds)('the product codes of $file', ({ kernels }) => {
  it.each([8, 24, 128, 136, 248])('rotate rows of width %i as the twin', (width) => {
    const random = randomFrom(width)
    const { put } = room()
    const signs = Float32Array.from({ length: rotationRounds * width }, () =>
      random() < 0.5 ? 1 : -1,
    )
    const rows = Float32Array.from({ length: 2 * width }, () => random() - 0.5)
    const at = put(rows)
    kernels.rotateRows(width, put(signs), at, 2)
    const found = new Float32Array(memory.buffer, at, 2 * width).slice()
    for (let row = 0; row < 2; row++) {
      const expected = rotated(rows.subarray(row * width, (row + 1) * width), signs)
      const ofRow = found.subarray(row * width, (row + 1) * width)
      for (const [component, value] of ofRow.entries()) {
        expect(value).toBeCloseTo(expected[component], 4)
      }
    }
    const halves = (values: Float32Array) => [values.subarray(0, width), values.subarray(width)]
    expect(dot(...(halves(found) as [Float32Array, Float32Array]))).toBeCloseTo(
      dot(...(halves(rows) as [Float32Array, Float32Array])),
      2,
    )
  })

  it('encode rows as the twin', () => {
    fc.assert(
      fc.property(shapes, ({ subWidth, parts, stages, rowCount, isProduct, seed }) => {
        const random = randomFrom(seed)
        const { take, put } = room()
        const width = subWidth * parts
        const codes = { subWidth, stages, books: booksOf(random, parts * stages, subWidth) }
        const rows = wholeNumbers(random, rowCount * width)
        const centroids = wholeNumbers(random, 3 * width)
        const mean = wholeNumbers(random, width)
        const lists = Uint32Array.from({ length: rowCount }, () => Math.floor(random() * 3))
        const blockBytes = productBlockBytes(codes.books.length)
        const blocks = take(Math.ceil(rowCount / blockPlaces) * blockBytes)
        kernels.encodeRows(
          ...([isProduct ? 1 : 0, width, subWidth, stages, put(rows), rowCount] as const),
          ...([put(lists), put(centroids), put(mean), put(flat(codes)), blocks] as const),
          take(width * 8),
        )
        for (let row = 0; row < rowCount; row++) {
          const block = blocks + Math.floor(row / blockPlaces) * blockBytes
          const place = row % blockPlaces
          const of = (values: Float32Array, at: number) =>
            values.subarray(at * width, (at + 1) * width)
          const expected = encoded(of(rows, row), of(centroids, lists[row]), mean, codes, isProduct)
          const found = codes.books.map((_, code) => codeAt(block, place, code))
          expect(found).toEqual(expected.codes)
          const terms = new Float32Array(memory.buffer, block + blockBytes - 256, 64)
          const slack = 0.01 + 1e-4 * Math.abs(expected.term)
          expect(Math.abs(terms[place] - expected.term)).toBeLessThan(slack)
          expect(terms[blockPlaces + place]).toBeCloseTo(expected.scale, 3)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('make tables that give products again, to a step', () => {
    fc.assert(
      fc.property(shapes, ({ subWidth, parts, stages, seed }) => {
        const random = randomFrom(seed)
        const { take, put } = room()
        const count = parts * stages
        const codes = { subWidth, stages, books: booksOf(random, count, subWidth) }
        const query = wholeNumbers(random, subWidth * parts)
        const at = take(productTableBytes(count))
        kernels.fillTables(
          ...([
            count,
            subWidth,
            stages,
            put(query),
            put(flat(codes)),
            at,
            take(count * 64),
          ] as const),
        )
        const tables = new Uint8Array(memory.buffer, at, count * 16)
        const [base, step] = new Float32Array(memory.buffer, at + Math.ceil(count / 2) * 32, 2)
        const expected = products(query, codes)
        const least = expected.map((ofCode) => Math.min(...ofCode))
        expect(base).toBeCloseTo(
          least.reduce((sum, value) => sum + value, 0),
          2,
        )
        for (const [code, ofCode] of expected.entries()) {
          for (const [word, product] of ofCode.entries()) {
            const found = least[code] + step * tables[code * 16 + word]
            expect(Math.abs(found - product)).toBeLessThanOrEqual(step * 0.51)
          }
        }
      }),
      { numRuns: 25 },
    )
  })

  it('find the places with the least estimates, of a list anywhere and by a mask', () => {
    const cases = fc.record({
      codes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(255, 256, 257, 600, 1024)),
      begin: fc.integer({ min: 0, max: 90 }),
      rowCount: fc.integer({ min: 0, max: 120 }),
      k: fc.integer({ min: 1, max: 20 }),
      density: fc.constantFrom(null, 0, 0.1, 0.9),
      seed: fc.integer({ min: 1 }),
    })
    fc.assert(
      fc.property(cases, ({ codes, begin, rowCount, k, density, seed }) => {
        const random = randomFrom(seed)
        const { take, put } = room()
        const blockBytes = productBlockBytes(codes)
        const end = begin + rowCount
        const blockCount = Math.ceil(end / blockPlaces)
        const blocks = take(blockCount * blockBytes)
        const bytes = new Uint8Array(memory.buffer, blocks, blockCount * blockBytes)
        for (let at = 0; at < bytes.length; at++) bytes[at] = random() * 256
        for (let block = 0; block < blockCount; block++) {
          const at = blocks + (block + 1) * blockBytes - 256
          const terms = new Float32Array(memory.buffer, at, 64)
          for (let term = 0; term < 64; term++) terms[term] = Math.floor(random() * 100) - 50
        }
        const tables = take(productTableBytes(codes))
        const entries = new Uint8Array(memory.buffer, tables, Math.ceil(codes / 2) * 32).fill(0)
        for (let at = 0; at < codes * 16; at++) entries[at] = random() < 0.5 ? 63 : random() * 64
        new Float32Array(memory.buffer, tables + Math.ceil(codes / 2) * 32, 2).set([3, 0.5])
        const first = begin - (begin % blockPlaces)
        const mask = new Uint8Array(Math.ceil((end - first) / 64) * 8 + 8)
        for (let at = 0; at < mask.length * 8; at++) {
          if (random() < (density ?? 1)) mask[at >> 3] |= 1 << (at & 7)
        }
        const heap = take(k * 8)
        kernels.clearHeaps(heap, 1, k)
        kernels.scanCodes(
          ...([codes, blocks, begin, end, density === null ? 0 : put(mask), tables, 7] as const),
          ...([heap, k, take(codeScanScratchBytes)] as const),
        )
        kernels.sortHeaps(heap, 1, k)
        if (density === null) {
          // The same as the second of two lists, of which the first one is empty.
          const key = new Uint32Array(Float32Array.of(7).buffer)[0] | 0x80000000
          const probes = put(Uint32Array.of(0, key, 1, key))
          const ofLists = take(k * 8)
          kernels.clearHeaps(ofLists, 1, k)
          kernels.scanCodesOfLists(
            ...([codes, blocks, put(Uint32Array.of(begin, begin, end)), probes, 2] as const),
            ...([tables, ofLists, k, take(codeScanScratchBytes)] as const),
          )
          kernels.sortHeaps(ofLists, 1, k)
          const [found, other] = [heap, ofLists].map((at) => [
            ...new Uint32Array(memory.buffer, at, k * 2),
          ])
          expect(other).toEqual(found)
        }
        const expected: { place: number; distance: number }[] = []
        for (let place = begin; place < end; place++) {
          const bit = place - first
          if (density !== null && !((mask[bit >> 3] >> (bit & 7)) & 1)) continue
          const block = blocks + Math.floor(place / blockPlaces) * blockBytes
          let sum = 0
          for (let code = 0; code < codes; code++) {
            sum += entries[code * 16 + codeAt(block, place % blockPlaces, code)]
          }
          const terms = new Float32Array(memory.buffer, block + blockBytes - 256, 64)
          const at = place % blockPlaces
          const distance = 7 + terms[at] + terms[blockPlaces + at] * (3 + 0.5 * sum)
          expected.push({ place, distance: Math.fround(distance) })
        }
        expected.sort((a, b) => a.distance - b.distance || a.place - b.place)
        const places = new Uint32Array(memory.buffer, heap, k * 2)
        const found = Array.from({ length: Math.min(k, expected.length) }, (_, at) => ({
          place: places[at * 2],
          distance: distanceFromKey(places[at * 2 + 1]),
        }))
        expect(found).toEqual(expected.slice(0, k))
        if (expected.length < k) expect(places[expected.length * 2 + 1]).toBe(0xffffffff)
      }),
      { numRuns: 100 },
    )
  })
})
