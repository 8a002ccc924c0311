import fc from 'fast-check'
import { expect, it } from 'vitest'
import { writeRangeMask } from '../../dist/kernels/range-masks.js'
import { rangeMask } from './reference.js'

const int64 = fc.oneof(
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, -(2n ** 32n) - 1n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const double = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, Number.NaN, Infinity, -Infinity, 5e-324, 1e300),
  fc.double(),
)
const intOf = (bits: number) => {
  const [min, max] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
  return fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(min, max),
    fc.integer({ min, max }),
  )
}
const kinds = [
  { type: Int8Array, value: intOf(8) },
  { type: Uint8Array, value: fc.integer({ min: 0, max: 1 }) },
  { type: Int16Array, value: intOf(16) },
  { type: Int32Array, value: intOf(32) },
  { type: BigInt64Array, value: int64 },
  { type: Float32Array, value: double.map(Math.fround) },
  { type: Float64Array, value: double },
] as const

it.each(kinds)('$type.name: sets the bits of the values in a range', ({ type, value }) => {
  const bound: fc.Arbitrary<number | bigint> = type === BigInt64Array ? int64 : value
  const wide = type === BigInt64Array ? bound : fc.oneof(bound, fc.integer())
  const values = fc.array(value as fc.Arbitrary<number | bigint>, { maxLength: 70 })
  fc.assert(
    fc.property(values, wide, wide, fc.nat(3), (list, low, high, skipped) => {
      const column = type.from(list as never).subarray(Math.min(skipped, list.length))
      const mask = new Uint8Array((column.length + 7) >> 3).fill(0xff)
      writeRangeMask(column, column.length, low, high, mask)
      expect(mask).toEqual(rangeMask(column, low, high))
    }),
  )
})

it('reads more values than a block has', () => {
  const values = BigInt64Array.from({ length: 20_003 }, (_, row) => BigInt((row * 7919) % 1000))
  const mask = new Uint8Array((values.length + 7) >> 3)
  writeRangeMask(values, values.length, 100n, 299n, mask)
  expect(mask).toEqual(rangeMask(values, 100n, 299n))
})
