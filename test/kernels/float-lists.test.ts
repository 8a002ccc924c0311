import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FloatLists, floatListCountMax } from '../../dist/kernels/float-lists.js'

function read(text: string, count: number) {
  const bytes = new Uint8Array([...new TextEncoder().encode(`  ${text} , [`), 0])
  const target = new Float32Array(count + 2).fill(7)
  const end = new FloatLists(count).read(bytes, 2, bytes.length - 1, target, 1)
  return { length: end < 0 ? -1 : end - 2, values: [...target.subarray(1, count + 1)], target }
}

const spelling = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toExponential()),
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc
    .tuple(fc.integer({ min: -99, max: 99 }), fc.stringMatching(/^[0-9]{1,30}$/))
    .map(([whole, digits]) => `${whole}.${digits}`),
  fc.stringMatching(/^-?0\.0{0,12}[0-9]{1,12}([eE][+-]?[0-9]{1,2})?$/),
)

describe('lists of numbers', () => {
  it('reads each number as the nearest float, or leaves the list to others', () => {
    fc.assert(
      fc.property(fc.array(spelling, { minLength: 1, maxLength: 40 }), (spellings) => {
        const text = `[ ${spellings.join(' ,\n')}]`
        const { length, values } = read(text, spellings.length)
        if (length < 0) return
        expect(length).toBe(text.length)
        expect(values).toEqual(spellings.map((each) => Math.fround(Number(each))))
      }),
      { numRuns: 2000, seed: 11 },
    )
  })

  it('takes the numbers that writers write', () => {
    const numbers = [0.1, -0.25, 1, -1e-7, 123456.789, 3.4028234663852886e38, 1e-45, -0]
    const written = numbers.map((value) => String(Math.fround(value)))
    expect(read(`[${written.join(',')}]`, 8).values).toEqual(written.map(Number))
    expect(read('[0.12345678,0.123456789012345678,1234567.5,1e3]', 4).length).toBe(47)
  })

  it('leaves numbers that lie in the middle between two floats, or beyond them', () => {
    for (const number of ['16777217', '1e39', '-3.5e38', '1e999', '1e-999']) {
      expect(read(`[${number}]`, 1).length).toBe(-1)
    }
  })

  it('leaves what breaks the grammar, or has another count', () => {
    const broken = ['', '[', '[1', '[1,', '[1,2,', '[1,2', '[,1]', '[1,,2]', '[1,2,]', '1,2]']
    const numbers = ['01', '.5', '1.', '+1', '-', '1e', '1e+', 'NaN', 'null', '"1"', '0x1', '1 2']
    for (const text of [...broken, ...numbers.map((number) => `[1,${number}]`)]) {
      expect(read(text, 2).length, text).toBe(-1)
    }
    expect(read('[1,2]', 3).length).toBe(-1)
    expect(read('[1,2,3]', 2).length).toBe(-1)
  })

  it('writes nothing but its own numbers', () => {
    const { target } = read('[1,2,3]', 3)
    expect([...target]).toEqual([7, 1, 2, 3, 7])
  })

  it('finds lists that are longer and shorter than those before', () => {
    const lists = new FloatLists(3)
    const target = new Float32Array(3)
    for (const text of ['[1,2,3]', `[0.${'1'.repeat(60)}, 0.5,\n\n   1e0]`, '[4,5,6]']) {
      const bytes = new TextEncoder().encode(`${text}\0`)
      expect(lists.read(bytes, 0, text.length, target, 0)).toBe(text.length)
      expect([...target]).toEqual([...JSON.parse(text)].map(Math.fround))
    }
  })

  it('reads the longest vectors there are', () => {
    const numbers = Array.from({ length: floatListCountMax }, (_, index) => index / 7)
    const { length, values } = read(JSON.stringify(numbers), numbers.length)
    expect(length).toBeGreaterThan(0)
    expect(values).toEqual(numbers.map(Math.fround))
  })

  it('does not see what lies behind the end', () => {
    const bytes = new TextEncoder().encode('[1,23]')
    expect(new FloatLists(2).read(bytes, 0, 5, new Float32Array(2), 0)).toBe(-1)
  })
})
