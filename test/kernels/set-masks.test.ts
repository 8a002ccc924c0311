import fc from 'fast-check'
import { expect, it } from 'vitest'
import { writeSetMask } from '../../dist/kernels/set-masks.js'

const int64 = fc.oneof(
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, -(2n ** 32n) - 1n),
)
const double = fc.constantFrom(0, -0, 1, -1, 0.1, Number.NaN, Infinity, -Infinity, 5e-324, 1e300)
const kinds = [
  { type: Int8Array, value: fc.integer({ min: -128, max: 127 }) },
  { type: Uint8Array, value: fc.integer({ min: 0, max: 1 }) },
  { type: Int16Array, value: fc.constantFrom(-32_768, -1, 0, 1, 32_767) },
  { type: Int32Array, value: fc.constantFrom(-(2 ** 31), -1, 0, 1, 7, 2 ** 31 - 1) },
  { type: BigInt64Array, value: int64 },
  { type: Float32Array, value: double.map(Math.fround) },
  { type: Float64Array, value: double },
] as const

it.each(kinds)('$type.name: sets the bits of the values of a set', ({ type, value }) => {
  const isBig = type === BigInt64Array
  const wide: fc.Arbitrary<number | bigint> = isBig
    ? int64
    : fc.oneof(value, double, fc.constantFrom(2 ** 31, -(2 ** 40), 40_000, 256))
  const values = fc.array(value as fc.Arbitrary<number | bigint>, { maxLength: 70 })
  fc.assert(
    fc.property(values, fc.uniqueArray(wide), fc.nat(3), (list, set, skipped) => {
      const column = type.from(list as never).subarray(Math.min(skipped, list.length))
      const wanted = isBig
        ? BigInt64Array.from(set as bigint[])
        : Float64Array.from(set as number[])
      const mask = new Uint8Array((column.length + 7) >> 3).fill(0xff)
      writeSetMask(column, column.length, wanted, mask)
      expect(mask).toEqual(setMask(column, set))
    }),
  )
})

it.each([1, 40_000])('finds values of a set of %i, in more than a block has', (count) => {
  const values = BigInt64Array.from({ length: 20_003 }, (_, row) => BigInt((row * 7919) % 1000))
  const wanted = BigInt64Array.from({ length: count }, (_, at) => BigInt(at * 3))
  const mask = new Uint8Array((values.length + 7) >> 3)
  writeSetMask(values, values.length, wanted, mask)
  expect(mask).toEqual(setMask(values, [...wanted]))
  writeSetMask(values, values.length, BigInt64Array.of(3n), mask)
  expect(mask).toEqual(setMask(values, [3n]))
})

function setMask(values: ArrayLike<number | bigint>, wanted: readonly (number | bigint)[]) {
  const isWanted = new Set(wanted)
  isWanted.delete(Number.NaN)
  const mask = new Uint8Array((values.length + 7) >> 3)
  for (let row = 0; row < values.length; row++) {
    if (isWanted.has(values[row])) mask[row >> 3] |= 1 << (row & 7)
  }
  return mask
}
