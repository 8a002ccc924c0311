import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hnswCodeKinds, type hnswKernelsOn } from '../../dist/kernels/hnsw-kernels.js'
import { distanceFromKey, type scanKernelsOn } from '../../dist/kernels/scan-kernels.js'
import { DataType } from '../../dist/schema/data-type.js'
import { randomFrom } from '../indexes/vectors.js'
import {
  type CodeKind,
  codeDistance,
  codeKinds,
  codesOf,
  nearestShort,
  queryOf,
  unpacked,
} from './code-reference.js'
import { kernelBuilds } from './kernel-builds.js'

type Kernels = ReturnType<typeof hnswKernelsOn> & ReturnType<typeof scanKernelsOn>

const memory = new WebAssembly.Memory({ initial: 32, maximum: 65_535, shared: true })
/** Where things lie, far from each other; the rest of the memory is never zeros. */
const kib = 1024
const at = {
  index: 64,
  rows: 512 * kib,
  query: 896 * kib,
  heap: 928 * kib,
  list: 960 * kib,
  room: 1024 * kib,
}
const dims = [1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 65, 127, 128, 129]
const rowCount = 13

interface Case {
  readonly kind: CodeKind
  readonly width: number
  readonly rows: Float32Array
  readonly query: Float32Array
  readonly mean: Float32Array
  readonly scale: number
}

const floatElement = 0

/** An index of the rows, without links. */
function encode(kernels: Kernels, { kind, width, rows, mean, scale }: Case): void {
  new Uint8Array(memory.buffer).fill(0xaa)
  new Float32Array(memory.buffer, at.rows, rows.length).set(rows)
  const upperSlots = kernels.hnswUpperSlots(rowCount, 4)
  kernels.hnswCreate(at.index, kind.kind, width, 0, rowCount, 4, upperSlots)
  new Uint32Array(memory.buffer, kernels.hnswRows(), rowCount).forEach((_, node, numbers) => {
    numbers[node] = node
  })
  new Float32Array(memory.buffer, kernels.hnswMean(), width).set(mean)
  kernels.hnswSetScale(scale)
  kernels.hnswEncode(floatElement, at.rows, 0, rowCount, at.room)
}

/** As they lie in the index, whose header says where. */
function codesIn(kind: CodeKind, width: number): number[][] {
  const header = new Uint32Array(memory.buffer, at.index, 32)
  const [stride, offset] = [header[6], header[14]]
  return Array.from({ length: rowCount }, (_, node) => {
    const code = new Uint8Array(memory.buffer, at.index + offset + node * stride, stride)
    return unpacked(kind, code.slice(), width)
  })
}

/** The rows by the distances of their codes, nearest first. */
function orderByCodes(kernels: Kernels, { kind, query }: Case): number[] {
  new Float32Array(memory.buffer, at.query, query.length).set(query)
  const metric = kind.isProduct ? 1 : 0
  kernels.hnswOpenSearch(metric, floatElement, 0, 0, -Infinity, rowCount, at.room)
  kernels.hnswStartScan(at.query, rowCount)
  kernels.hnswScanCodes(0, rowCount)
  const count = kernels.hnswListCandidates(rowCount, at.list)
  return [...new Uint32Array(memory.buffer, at.list, count)]
}

/** The distances to what the codes stand for, by row. */
function distancesOfCodes(kernels: Kernels): number[] {
  kernels.clearHeaps(at.heap, 1, rowCount)
  kernels.hnswFinishQuery(rowCount, at.heap, rowCount, 0)
  const places = new Uint32Array(memory.buffer, at.heap, rowCount * 2)
  const distances = Array.from({ length: rowCount }, () => Number.NaN)
  for (let place = 0; place < rowCount; place++) {
    distances[places[place * 2]] = distanceFromKey(places[place * 2 + 1])
  }
  return distances
}

function check(kernels: Kernels, input: Case): void {
  const { kind, width, rows, query, mean, scale } = input
  encode(kernels, input)
  const rowAt = (row: number) => rows.subarray(row * width, (row + 1) * width)
  const codes = Array.from({ length: rowCount }, (_, row) =>
    codesOf(kind, rowAt(row), mean, scale).map((value) => value + 0),
  )
  expect(codesIn(kind, width).map((code) => code.map((value) => value + 0))).toEqual(codes)
  const asked = queryOf(kind, query, mean, scale)
  const expected = codes.map((code) => asFloat32(codeDistance(kind, asked, code)))
  const order = orderByCodes(kernels, input)
  expect([...order].sort((one, other) => one - other)).toEqual(codes.map((_, row) => row))
  expectOrdered(order, expected, kind.steps ? 0 : 1e-5)
  const found = distancesOfCodes(kernels)
  for (const [row, code] of codes.entries()) {
    const stood = code.map((value, component) =>
      kind.steps ? Math.fround(Math.fround(value * scale) + mean[component]) : value,
    )
    expectNear(found[row], codeDistance(kind, [...query], stood), sizeOf(kind, query, stood))
  }
}

/** Of whole numbers ties keep the order of the rows; sums of floats may err in their last digits. */
function expectOrdered(order: number[], distances: number[], share: number): void {
  const inOrder = order.map((row) => distances[row])
  const slack = share * (Math.max(...distances.map(Math.abs)) + 1e-32)
  for (let place = 1; place < order.length; place++) {
    const [before, after] = [inOrder[place - 1], inOrder[place]]
    expect(before).toBeLessThanOrEqual(after + slack)
    if (share === 0 && before === after) expect(order[place - 1]).toBeLessThan(order[place])
  }
}

/** How large the parts of a sum are. */
function sizeOf({ isProduct }: CodeKind, query: Float32Array, row: readonly number[]): number {
  return row.reduce((sum, value, component) => {
    const [one, other] = [Math.abs(query[component]), Math.abs(value)]
    return sum + (isProduct ? one * other : (one + other) ** 2)
  }, 0)
}

/** What is too large counts as the largest. */
function asFloat32(value: number): number {
  return Math.max(-float32Max, Math.min(float32Max, value))
}

const float32Max = 3.4028234663852886e38

function expectNear(found: number, expected: number, size: number): void {
  if (size > float32Max / 2) expect(found).not.toBeNaN()
  else expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-5 * size + 1e-37)
}

type Numbers = (random: () => number, count: number) => Float32Array

const numbers: Readonly<Record<string, Numbers>> = {
  'of any kind': (random, count) => filled(count, () => (random() - 0.5) * 300),
  'that are whole': (random, count) => filled(count, () => Math.floor(random() * 300) - 150),
  'all equal': (_, count) => filled(count, () => 1.5),
  'all zeros': (_, count) => filled(count, () => 0),
  'zeros with a minus': (random, count) => filled(count, () => (random() < 0.5 ? -0 : 0)),
  'one of which is huge': (random, count) => {
    const values = filled(count, () => random() - 0.5)
    values[Math.floor(random() * count)] = 3e38
    return values
  },
  'too large for float16': (random, count) =>
    filled(count, () => (random() < 0.5 ? 65_520 : -1e6 * random())),
  'too small to be normal': (random, count) => filled(count, () => (random() - 0.5) * 1e-40),
}

function filled(count: number, value: () => number): Float32Array {
  return Float32Array.from({ length: count }, value)
}

function caseOf(kind: CodeKind, width: number, seed: number, numbersOf: Numbers, scale: number) {
  const random = randomFrom(seed)
  const rows = numbersOf(random, rowCount * width)
  const query = numbersOf(random, width)
  // Products have no mean: it would turn the order around.
  const mean = kind.isProduct || !kind.steps ? filled(width, () => 0) : numbersOf(random, width)
  return { kind, width, rows, query, mean, scale: Math.fround(scale) }
}

const scales = [1, 0.37, 1e-3, 3e35, 1e-36]

describe.each(kernelBuilds<Kernels>(memory))('the codes of a graph of $file', ({ kernels }) => {
  for (const kind of codeKinds) {
    for (const [which, numbersOf] of Object.entries(numbers)) {
      it(`are those of the twin, ${kind.name} of numbers ${which}`, () => {
        const most = kind.steps ? scales.length : 1
        const wide = which === 'of any kind' || which === 'one of which is huge' ? [1023, 4095] : []
        for (const width of [...dims, ...wide]) {
          check(kernels, caseOf(kind, width, width, numbersOf, scales[width % most]))
        }
        const cases = fc.record({
          width: fc.integer({ min: 1, max: 200 }),
          seed: fc.integer({ min: 1 }),
          scale: fc.constantFrom(...scales),
        })
        fc.assert(
          fc.property(cases, ({ width, seed, scale }) => {
            check(kernels, caseOf(kind, width, seed, numbersOf, scale))
          }),
          { numRuns: 10 },
        )
      })
    }
  }

  it('round to the nearest short float, and what is too large to the largest', () => {
    const values = [
      65_504,
      65_519,
      65_520,
      1e30,
      3.4e38,
      2 ** -24,
      2 ** -25,
      2 ** -25 * 1.01,
      1e-45,
    ]
    const random = randomFrom(3)
    for (let more = 0; more < 3000; more++) values.push(random() * 2 ** (random() * 200 - 100))
    for (let tie = 0; tie < 300; tie++) values.push(1024 + tie + 0.5, 128 + tie / 2)
    for (const kind of codeKinds.filter(({ dataType }) => dataType !== null)) {
      for (let first = 0; first < values.length; first += rowCount) {
        const rows = filled(rowCount, () => 0)
        rows.set(
          values.slice(first, first + rowCount).map((value, row) => (row % 2 ? -value : value)),
        )
        const [query, mean] = [Float32Array.of(1), Float32Array.of(0)]
        encode(kernels, { kind, width: 1, rows, query, mean, scale: 1 })
        const expected = Array.from(rows, (value) => nearestShort(kind.dataType!, value) + 0)
        expect(codesIn(kind, 1).map(([value]) => value + 0)).toEqual(expected)
      }
    }
  })

  it('are of rows of length 1 where the index says so, however long the rows are', () => {
    for (const size of [1e-30, 1, 1e30]) {
      const [kind] = codeKinds
      const width = 19
      const input = caseOf(kind, width, 5, numbers['of any kind'], 1 / 127)
      const rows = input.rows.map((value) => value * size)
      encode(kernels, { ...input, rows, mean: filled(width, () => 0) })
      new Uint32Array(memory.buffer, at.index, 32)[7] = 1
      kernels.hnswEncode(floatElement, at.rows, 0, rowCount, at.room)
      for (const [row, code] of codesIn(kind, width).entries()) {
        const values = input.rows.subarray(row * width, (row + 1) * width)
        const length = Math.hypot(...values)
        for (const [component, value] of code.entries()) {
          expect(Math.abs(value - (values[component] / length) * 127)).toBeLessThan(0.51)
        }
      }
    }
  })

  it('take the place of codes of another kind, and leave all else as it was', () => {
    const partOf = (offset: number, byteLength: number) =>
      new Uint8Array(memory.buffer, at.index + offset, byteLength).slice()
    const width = 70
    for (const [from, to] of [
      [hnswCodeKinds.squared8, hnswCodeKinds.squared4],
      [hnswCodeKinds.squared16, hnswCodeKinds.squaredFloat16],
      [hnswCodeKinds.squared4, hnswCodeKinds.squared16],
    ]) {
      const [first, second] = [from, to].map(
        (kind) => codeKinds.find((each) => each.kind === kind)!,
      )
      const input = caseOf(first, width, 9, numbers['of any kind'], 1)
      encode(kernels, input)
      const upperSlots = kernels.hnswUpperSlots(rowCount, 4)
      const header = new Uint32Array(memory.buffer, at.index, 32)
      const parts = [
        [15, rowCount * 4],
        [16, rowCount * 4 * 8],
        [17, upperSlots * 4 * 4],
      ]
      for (const [offset, byteLength] of parts) {
        const bytes = new Uint8Array(memory.buffer, at.index + header[offset], byteLength)
        for (let place = 0; place < byteLength; place++) bytes[place] = place * 31 + offset
      }
      const before = parts.map(([offset, byteLength]) => partOf(header[offset], byteLength))
      kernels.hnswRecode(to, upperSlots)
      new Float32Array(memory.buffer, kernels.hnswMean(), width).set(input.mean)
      kernels.hnswEncode(floatElement, at.rows, 0, rowCount, at.room)
      const after = parts.map(([offset, byteLength]) => partOf(header[offset], byteLength))
      expect(after).toEqual(before)
      const rowAt = (row: number) => input.rows.subarray(row * width, (row + 1) * width)
      const expected = Array.from({ length: rowCount }, (_, row) =>
        codesOf(second, rowAt(row), input.mean, 1).map((value) => value + 0),
      )
      expect(codesIn(second, width).map((code) => code.map((value) => value + 0))).toEqual(expected)
    }
  })

  it('of floats keep the bounds of their type', () => {
    expect(nearestShort(DataType.Float16Vector, 1e9)).toBe(65_504)
    expect(nearestShort(DataType.BFloat16Vector, float32Max)).toBeCloseTo(3.3895e38, -35)
  })
})
