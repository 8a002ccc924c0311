import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitmapWithLength, setBit } from '../../dist/column/bitmap.js'
import {
  type byteKernelsOn,
  byteQueryBytes,
  byteQueryMax,
} from '../../dist/kernels/byte-kernels.js'
import { distanceFromKey, type scanKernelsOn } from '../../dist/kernels/scan-kernels.js'
import { randomFrom } from '../indexes/vectors.js'
import { kernelBuilds } from './kernel-builds.js'
import { nearestRows } from './reference.js'

type Kernels = ReturnType<typeof byteKernelsOn> & ReturnType<typeof scanKernelsOn>

const memory = new WebAssembly.Memory({ initial: 64, maximum: 65_535, shared: true })

/** What lies between two whole numbers becomes the even one, as in the kernel. */
function nearestEven(value: number): number {
  const below = Math.floor(value)
  if (value - below !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

const builds = kernelBuilds<Kernels>(memory)

const [queryAt, floatsAt, heapAt, maskAt, rowsAt] = [64, 70_000, 140_000, 150_000, 160_000]

describe.each(builds)('the scan of bytes of $file', ({ kernels }) => {
  function check(
    isProduct: boolean,
    width: number,
    rowCount: number,
    density: number,
    seed: number,
  ) {
    const random = randomFrom(seed)
    const k = 7
    const scale = 2
    const floats = Float32Array.from({ length: width }, () => random() * 600 - 300)
    const rows = Int8Array.from({ length: rowCount * width }, () => random() * 256 - 128)
    const mask = bitmapWithLength(Math.ceil(rowCount / 64) * 64)
    for (let row = 0; row < rowCount; row++) if (random() < density) setBit(mask, row)
    new Uint8Array(memory.buffer).fill(0xff)
    new Float32Array(memory.buffer, floatsAt, width).set(floats)
    new Int8Array(memory.buffer, rowsAt, rows.length).set(rows)
    new Uint8Array(memory.buffer, maskAt, mask.length).set(mask)
    kernels.fillByteQuery(width, floatsAt, scale, queryAt)
    kernels.clearHeaps(heapAt, 1, k)
    const shape = [isProduct ? 1 : 0, width, rowsAt, rowCount, 0] as const
    kernels.scanBytes(...shape, density < 1 ? maskAt : 0, queryAt, heapAt, k)
    kernels.sortHeaps(heapAt, 1, k)
    expect(new Uint8Array(memory.buffer)[queryAt + byteQueryBytes(width)]).toBe(0xff)
    const query = floats.map((value) => {
      const whole = nearestEven(value * scale)
      return Math.max(-byteQueryMax, Math.min(byteQueryMax, whole))
    })
    const only = density < 1 ? mask : null
    const metric = isProduct ? 'IP' : 'L2'
    const expected = nearestRows(metric, width, Float32Array.from(rows), rowCount, only, query, k)
    const places = new Uint32Array(memory.buffer, heapAt, k * 2)
    const found = expected.map((_, at) => distanceFromKey(places[at * 2 + 1]))
    for (const [at, { distance }] of expected.entries()) {
      expect(Math.abs(found[at] - distance)).toBeLessThanOrEqual(Math.abs(distance) * 1e-6)
    }
    if (expected.length < k) expect(places[expected.length * 2 + 1]).toBe(0xffffffff)
  }

  it('finds what its plain twin finds', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(127, 128, 129, 4095)),
        fc.integer({ min: 0, max: 90 }),
        fc.constantFrom(0, 0.2, 1),
        fc.integer({ min: 1 }),
        check,
      ),
      { numRuns: 80 },
    )
  })

  it('holds the sums of the widest rows', () => {
    const width = 32_768
    new Float32Array(memory.buffer, floatsAt, 1).fill(0)
    const at = 1_000_000
    const floats = at + width
    new Int8Array(memory.buffer, at, width).fill(-128)
    new Float32Array(memory.buffer, floats, width).fill(1000)
    const query = floats + width * 4
    kernels.fillByteQuery(width, floats, 1, query)
    for (const [isProduct, expected] of [
      [0, 639 ** 2 * width],
      [1, 511 * 128 * width],
    ]) {
      kernels.clearHeaps(heapAt, 1, 1)
      kernels.scanBytes(isProduct, width, at, 1, 0, 0, query, heapAt, 1)
      const [, key] = new Uint32Array(memory.buffer, heapAt, 2)
      expect(distanceFromKey(key) / expected).toBeCloseTo(1, 5)
    }
  })
})
