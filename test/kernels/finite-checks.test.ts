import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFiniteChecks } from '../../dist/kernels/finite-checks.js'
import { firstNonFinite } from './reference.js'

const { firstNonFinite32, firstNonFinite64 } = createFiniteChecks()

const numbers = fc.array(
  fc.oneof({ weight: 30, arbitrary: fc.double() }, { weight: 1, arbitrary: fc.constant(NaN) }),
  { maxLength: 80 },
)

describe('the checks for finite numbers', () => {
  it('find what their plain twin finds', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const floats = Float32Array.from(values)
        const doubles = Float64Array.from(values)
        expect(firstNonFinite32(floats)).toBe(firstNonFinite(floats))
        expect(firstNonFinite64(doubles)).toBe(firstNonFinite(doubles))
      }),
    )
  })

  it.each([NaN, Infinity, -Infinity])('find %d at any place of more than a block', (value) => {
    for (const index of [0, 17, 262_143, 262_144, 599_999]) {
      const floats = new Float32Array(600_000).fill(3.4e38)
      const doubles = new Float64Array(600_000).fill(1.7e308)
      floats[index] = value
      doubles[index] = value
      expect([firstNonFinite32(floats), firstNonFinite64(doubles)]).toEqual([index, index])
    }
  })

  it('take subarrays and empty arrays', () => {
    const floats = Float32Array.of(NaN, 1, 2, Infinity)
    expect(firstNonFinite32(floats.subarray(1, 3))).toBe(-1)
    expect(firstNonFinite32(floats.subarray(1))).toBe(2)
    expect(firstNonFinite64(new Float64Array(0))).toBe(-1)
  })
})
