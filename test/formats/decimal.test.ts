import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteCursor } from '../../dist/formats/text/byte-cursor.js'
import { Decimal, putFloat32, putFloat64, scanDecimal } from '../../dist/formats/text/decimal.js'

function scanned(text: string) {
  const bytes = Buffer.from(`${text}\0`)
  const cursor = new ByteCursor(bytes, bytes.byteLength - 1)
  const decimal = new Decimal()
  scanDecimal(cursor, decimal)
  expect(cursor.position).toBe(text.length)
  const doubles = new Float64Array(1)
  const singles = new Float32Array(1)
  const isDouble = putFloat64(decimal, bytes, doubles, 0)
  const isSingle = putFloat32(decimal, bytes, singles, 0)
  expect([isDouble, isSingle]).toEqual([Number.isFinite(doubles[0]), Number.isFinite(singles[0])])
  return { double: doubles[0], single: singles[0] }
}

function check(text: string): void {
  const { double, single } = scanned(text)
  expect([text, double]).toEqual([text, Number(text)])
  expect([text, single]).toEqual([text, Math.fround(Number(text))])
}

const digits = fc.stringMatching(/^\d{1,30}$/)
const integerPart = digits.map((text) => text.replace(/^0+(?=\d)/, ''))
const exponent = fc.option(fc.integer({ min: -340, max: 330 }), { nil: null })

it('reads a number of any length as Number does', () => {
  const texts = fc.tuple(fc.boolean(), integerPart, fc.option(digits, { nil: null }), exponent)
  fc.assert(
    fc.property(texts, ([isNegative, whole, fraction, power]) => {
      const point = fraction === null ? '' : `.${fraction}`
      check(`${isNegative ? '-' : ''}${whole}${point}${power === null ? '' : `e${power}`}`)
    }),
    { numRuns: 5_000 },
  )
})

it('reads what a double or a float32 prints as, as Number does', () => {
  const doubles = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(doubles, (value) => check(String(value).replace('+', ''))),
    {
      numRuns: 5_000,
    },
  )
  const near = fc.double({ min: -2, max: 2, noNaN: true })
  fc.assert(
    fc.property(near, (value) => {
      check(String(value))
      check(String(Math.fround(value)))
    }),
    { numRuns: 5_000 },
  )
})

it('rounds numbers in the middle between two doubles as Number does', () => {
  for (const text of [
    '9007199254740993',
    '9007199254740995',
    '9007199254740993.0',
    '90071992547409.93e2',
    '900719925474099300e-2',
    '1.00000005960464477539',
    '1.000000059604644775',
    '16777217',
    '16777217.0000001',
    '0.000000000000000000000000000000000000000000001',
    '7.006492321624085354618e-46',
    '7.0064923216240862e-46',
    '1e-400',
    '0e999',
    '-0',
    '-0.0e5',
  ]) {
    check(text)
  }
})
