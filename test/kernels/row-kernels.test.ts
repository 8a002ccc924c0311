import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitmapWithLength, hasBit, setBit } from '../../dist/column/bitmap.js'
import { codewordCount, type productKernelsOn } from '../../dist/kernels/product-kernels.js'
import type { rowKernelsOn } from '../../dist/kernels/row-kernels.js'
import { kernelElements } from '../../dist/kernels/scan-kernels.js'
import { DataType } from '../../dist/schema/data-type.js'
import { randomFrom } from '../indexes/vectors.js'
import { kernelBuilds } from './kernel-builds.js'
import { widened } from './reference.js'

type Kernels = ReturnType<typeof rowKernelsOn> & ReturnType<typeof productKernelsOn>

const memory = new WebAssembly.Memory({ initial: 32, maximum: 65_535, shared: true })
const [rowsAt, idsAt, offsetsAt, targetAt] = [64, 400_000, 450_000, 500_000]

const widths = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.constantFrom(63, 65, 127, 128, 129, 1023, 4095),
)
const seeds = fc.integer({ min: 1 })
const counts = fc.integer({ min: 0, max: 9 })

type Numbers = Float32Array | Uint32Array | Uint16Array | Int8Array | Uint8Array

/** Nothing but the rows is 0xff afterwards where nothing was written. */
function put(address: number, values: Numbers): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  new Uint8Array(memory.buffer).set(bytes, address)
}

function clear(): void {
  new Uint8Array(memory.buffer).fill(0xff)
}

function floatsAt(address: number, count: number): Float32Array {
  return new Float32Array(memory.buffer, address, count).slice()
}

/** What lies behind what was written is as it was. */
function expectUntouched(address: number): void {
  const behind = new Uint8Array(memory.buffer, address, 64).slice()
  expect(behind).toEqual(new Uint8Array(64).fill(0xff))
}

const sizes = [1, 1e-45, 1e-40, 1e-25, 1e-16, 1e16, 1e25, 3e38]

describe.each(kernelBuilds<Kernels>(memory))('the kernels of rows of $file', ({ kernels }) => {
  it('widen rows as their plain twin does, and write nothing behind them', () => {
    const types = [DataType.Float16Vector, DataType.BFloat16Vector, DataType.Int8Vector]
    fc.assert(
      fc.property(fc.constantFrom(...types), widths, counts, seeds, (type, width, count, seed) => {
        const random = randomFrom(seed)
        const patterns = Array.from({ length: width * count }, () => random() * 0x10000)
        const stored =
          type === DataType.Int8Vector ? Int8Array.from(patterns) : Uint16Array.from(patterns)
        clear()
        put(rowsAt, stored)
        kernels.widenRows(kernelElements[type]!, width, rowsAt, count, targetAt)
        expect(floatsAt(targetAt, width * count)).toEqual(widened(type, stored))
        expectUntouched(targetAt + width * count * 4)
      }),
      { numRuns: 60 },
    )
  })

  it('copy rows of float32 as they are', () => {
    clear()
    const rows = Float32Array.from({ length: 21 }, (_, at) => (at % 5 === 0 ? -0 : at / 3))
    put(rowsAt, rows)
    kernels.widenRows(kernelElements[DataType.FloatVector]!, 7, rowsAt, 3, targetAt)
    expect(floatsAt(targetAt, 21)).toEqual(rows)
    expectUntouched(targetAt + 84)
  })

  it('bring rows of any length to the length 1, those of zeros excepted', () => {
    fc.assert(
      fc.property(fc.constantFrom(...sizes), widths, seeds, (size, width, seed) => {
        const random = randomFrom(seed)
        const count = 3
        const rows = Float32Array.from({ length: width * count }, (_, at) =>
          at < width ? 0 : (random() - 0.5) * size,
        )
        clear()
        put(rowsAt, rows)
        kernels.normalizeRows(width, rowsAt, count)
        const found = floatsAt(rowsAt, width * count)
        expect(found.subarray(0, width)).toEqual(rows.subarray(0, width))
        for (let row = 1; row < count; row++) {
          const values = rows.subarray(row * width, (row + 1) * width)
          const length = Math.hypot(...values)
          for (let at = 0; at < width; at++) {
            const expected = length === 0 ? values[at] : values[at] / length
            expect(Math.abs(found[row * width + at] - expected)).toBeLessThan(1e-6)
          }
        }
        expectUntouched(rowsAt + width * count * 4)
      }),
      { numRuns: 80 },
    )
  })

  it('gather rows and the bits of a mask in the order of a list', () => {
    fc.assert(
      fc.property(
        widths,
        fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 200 }),
        seeds,
        (stride, list, seed) => {
          const random = randomFrom(seed)
          const rows = Uint8Array.from({ length: 15 * stride }, () => random() * 256)
          const mask = bitmapWithLength(15)
          for (let row = 0; row < 15; row++) if (random() < 0.5) setBit(mask, row)
          const ids = Uint32Array.from(list)
          const few = ids.subarray(0, 20)
          clear()
          put(rowsAt, rows)
          put(idsAt, ids)
          put(offsetsAt, mask)
          kernels.gatherRows(stride, rowsAt, idsAt, few.length, targetAt)
          const expected = [...few].flatMap((id) => [
            ...rows.subarray(id * stride, (id + 1) * stride),
          ])
          const found = new Uint8Array(memory.buffer, targetAt, few.length * stride).slice()
          expect(found).toEqual(Uint8Array.from(expected))
          expectUntouched(targetAt + expected.length)
          kernels.gatherMask(offsetsAt, idsAt, ids.length, targetAt)
          const words = Math.ceil(ids.length / 64) * 8
          const bits = bitmapWithLength(words * 8)
          for (const [at, id] of ids.entries()) if (hasBit(mask, id)) setBit(bits, at)
          expect(new Uint8Array(memory.buffer, targetAt, words).slice()).toEqual(bits)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('round rows to bytes from an offset on, and cut what is out of their range', () => {
    fc.assert(
      fc.property(
        widths,
        counts,
        fc.constantFrom(0.05, 1, 30),
        seeds,
        (width, count, step, seed) => {
          const random = randomFrom(seed)
          const number = () => (random() < 0.02 ? 1e30 : (random() - 0.5) * 400)
          const rows = Float32Array.from({ length: width * count }, number)
          const offsets = Float32Array.from({ length: width }, () => random() * 10)
          clear()
          put(rowsAt, rows)
          put(offsetsAt, offsets)
          kernels.quantizeRows(width, rowsAt, count, offsetsAt, step, targetAt)
          const found = new Int8Array(memory.buffer, targetAt, width * count)
          for (const [at, value] of rows.entries()) {
            const places = Math.max(-128, Math.min(127, (value - offsets[at % width]) / step))
            expect(Math.abs(found[at] - places)).toBeLessThanOrEqual(0.5 + 1e-4)
          }
          expectUntouched(targetAt + width * count)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('take the mean from rows, and put zeros behind them', () => {
    fc.assert(
      fc.property(widths, fc.nat(9), counts, seeds, (dim, more, count, seed) => {
        const random = randomFrom(seed)
        const width = dim + more
        const rows = Float32Array.from({ length: dim * count }, () => random() * 1e3)
        const mean = Float32Array.from({ length: dim }, () => random())
        clear()
        put(rowsAt, rows)
        put(offsetsAt, mean)
        kernels.centerRows(dim, width, rowsAt, count, offsetsAt, targetAt)
        const expected = Float32Array.from({ length: width * count }, (_, at) => {
          const component = at % width
          const value = rows[Math.floor(at / width) * dim + component]
          return component < dim ? value - mean[component] : 0
        })
        expect(floatsAt(targetAt, width * count)).toEqual(expected)
        expectUntouched(targetAt + width * count * 4)
      }),
      { numRuns: 60 },
    )
  })

  it('add up the parts that are nearest to each codeword, and take the codewords from them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3, 4, 7, 8, 33),
        fc.integer({ min: 0, max: 60 }),
        fc.nat(5),
        fc.boolean(),
        seeds,
        (subWidth, count, apart, takes, seed) => {
          const random = randomFrom(seed)
          const whole = (length: number) =>
            Float32Array.from({ length }, () => Math.floor(random() * 9) - 4)
          const stride = subWidth + apart
          const [parts, book] = [whole(stride * count), whole(subWidth * codewordCount)]
          clear()
          put(rowsAt, parts)
          put(offsetsAt, book)
          put(targetAt, new Float32Array((subWidth + 1) * codewordCount))
          kernels.sumWords(
            ...([subWidth, stride * 4, rowsAt, count, offsetsAt, targetAt] as const),
            takes ? 1 : 0,
          )
          const sums = new Float32Array((subWidth + 1) * codewordCount)
          for (let row = 0; row < count; row++) {
            const part = parts.subarray(row * stride, row * stride + subWidth)
            const word = nearestWord(part, book)
            for (let at = 0; at < subWidth; at++) {
              sums[word * (subWidth + 1) + at] += part[at]
              if (takes) part[at] -= book[at * codewordCount + word]
            }
            sums[word * (subWidth + 1) + subWidth]++
          }
          expect(floatsAt(targetAt, sums.length)).toEqual(sums)
          expect(floatsAt(rowsAt, parts.length)).toEqual(parts)
        },
      ),
      { numRuns: 60 },
    )
  })
})

/** The first of those equally near; a component of all words lies together. */
function nearestWord(part: Float32Array, book: Float32Array): number {
  const distances = Array.from({ length: codewordCount }, (_, word) =>
    part.reduce((sum, value, at) => sum + (value - book[at * codewordCount + word]) ** 2, 0),
  )
  return distances.indexOf(Math.min(...distances))
}
