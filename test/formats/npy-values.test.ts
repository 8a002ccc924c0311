import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DataType } from '../../dist/schema/data-type.js'
import { failureOf, field, type Item, type NpySpec, npyFile, rowsOf } from './npy-files.js'

/** What each scalar type takes: the dtype's code, values of it, and what they become. */
interface Case {
  readonly type: DataType
  readonly code: string
  readonly values: fc.Arbitrary<Item>
  readonly become: (item: Item) => unknown
}

const integer = (bits: number, isSigned: boolean) =>
  fc.bigInt(
    isSigned
      ? { min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }
      : { min: 0n, max: 2n ** BigInt(bits) - 1n },
  )
const asNumber = (item: Item) => Number(item)
const asBigint = (item: Item) => item
const float32 = fc.float({ noNaN: true })
const float64 = fc.double({ noNaN: true })
const trimmed = (item: Item) => (item as string).replace(/\0+$/, '')
const text = fc.string({ unit: 'binary', maxLength: 9 })
const ascii = fc.string({ unit: 'binary-ascii', maxLength: 9 })

function integers(type: DataType, codes: string[], become: Case['become']): Case[] {
  return codes.map((code) => ({
    type,
    code,
    values: integer(Number(code[1]) * 8, code[0] === 'i'),
    become,
  }))
}

function texts(type: DataType): Case[] {
  return [
    { type, code: 'U9', values: text, become: trimmed },
    { type, code: 'S9', values: ascii, become: trimmed },
  ]
}

const cases: Case[] = [
  { type: DataType.Bool, code: 'b1', values: fc.boolean(), become: asNumber },
  ...integers(DataType.Int8, ['i1'], asNumber),
  ...integers(DataType.Int16, ['i2', 'i1', 'u1'], asNumber),
  ...integers(DataType.Int32, ['i4', 'i2', 'i1', 'u2', 'u1'], asNumber),
  ...integers(DataType.Int64, ['i8', 'i4', 'i2', 'i1', 'u4', 'u2', 'u1'], asBigint),
  { type: DataType.Int64, code: 'u8', values: integer(63, false), become: asBigint },
  { type: DataType.Float, code: 'f4', values: float32, become: asNumber },
  { type: DataType.Double, code: 'f8', values: float64, become: asNumber },
  { type: DataType.Double, code: 'f4', values: float32, become: asNumber },
  ...texts(DataType.VarChar),
  ...texts(DataType.JSON),
  ...texts(DataType.Geometry),
]

const endians = fc.constantFrom('<', '>', '=')
const versions = fc.constantFrom<1 | 2 | 3>(1, 2, 3)

describe.each(
  cases.map((it) => [it.code, Object.keys(DataType).find((key) => is(key, it.type)), it] as const),
)('a file of %s for %s', (_code, _name, { type, code, values, become }) => {
  it('has the same values whatever its byte order and version, in any range', async () => {
    const anyRange = fc.array(values, { maxLength: 20 }).chain((items) =>
      fc.tuple(
        fc.constant(items),
        fc
          .nat(items.length)
          .chain((begin) =>
            fc.tuple(fc.constant(begin), fc.integer({ min: begin, max: items.length })),
          ),
      ),
    )
    await fc.assert(
      fc.asyncProperty(
        anyRange,
        endians,
        versions,
        async ([items, [rowBegin, rowEnd]], endian, version) => {
          const bytes = npyFile({ descr: endian + code, shape: [items.length], items, version })
          const rows = await rowsOf({ 'a/x.npy': bytes }, [field('x', type)], { rowBegin, rowEnd })
          expect(rows.x).toEqual(items.slice(rowBegin, rowEnd).map(become))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('makes an array of each row, in row and in column order', async () => {
    if (type === DataType.JSON || type === DataType.Geometry) return
    const sizes = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 5 }))
    const matrix = sizes.chain(([rows, columns]) =>
      fc.tuple(
        fc.constant([rows, columns]),
        fc.array(values, { minLength: rows * columns, maxLength: rows * columns }),
      ),
    )
    await fc.assert(
      fc.asyncProperty(matrix, endians, fc.boolean(), async ([shape, items], endian, isFortran) => {
        const bytes = npyFile({ descr: endian + code, shape, items, isFortran })
        const array = field('x', DataType.Array, { elementType: type, maxCapacity: 100 })
        const { x } = await rowsOf({ 'x.npy': bytes }, [array])
        expect(x).toEqual(rowsIn(items.map(become), shape))
      }),
      { numRuns: 20 },
    )
  })
})

describe('a vector field', () => {
  it.each([
    ['f4', DataType.FloatVector],
    ['f8', DataType.FloatVector],
    ['i1', DataType.Int8Vector],
  ])(
    'takes %s in row and in column order, of both byte orders, in any range',
    async (code, type) => {
      const values: fc.Arbitrary<Item> = code === 'i1' ? integer(8, true) : float32
      const sizes = fc.tuple(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 1, max: 70 }))
      await fc.assert(
        fc.asyncProperty(
          sizes.filter(([rows, dim]) => rows !== dim),
          fc.array(values, { minLength: 1, maxLength: 50 }),
          endians,
          fc.boolean(),
          fc.tuple(
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.double({ min: 0, max: 1, noNaN: true }),
          ),
          async ([rows, dim], some, endian, isFortran, cuts) => {
            const items = Array.from(
              { length: rows * dim },
              (_, index) => some[index % some.length],
            )
            const [rowBegin, rowEnd] = cuts
              .map((cut) => Math.round(cut * rows))
              .sort((a, b) => a - b)
            const bytes = npyFile({ descr: endian + code, shape: [rows, dim], items, isFortran })
            const fields = [field('x', type, { dim })]
            const { x } = await rowsOf({ 'x.npy': bytes }, fields, { rowBegin, rowEnd })
            const expected = rowsIn(items.map(asNumber), [rows, dim]).slice(rowBegin, rowEnd)
            expect(x.map((row) => [row].flat())).toEqual(expected)
          },
        ),
        { numRuns: 40 },
      )
    },
  )

  it('takes the bits of a BinaryVector as bytes', async () => {
    const bytes = npyFile({ descr: '|u1', shape: [2, 2], items: [1, 2, 254, 255] })
    const fields = [field('x', DataType.BinaryVector, { dim: 16 })]
    expect(await rowsOf({ 'x.npy': bytes }, fields)).toEqual({
      x: [
        [1, 2],
        [254, 255],
      ],
    })
  })

  it('takes raw bytes and f2 as the bits of a Float16Vector', async () => {
    const fields = [field('x', DataType.Float16Vector, { dim: 2 })]
    const raw = npyFile({ descr: '|u1', shape: [1, 4], items: [0x00, 0x3c, 0x01, 0xc0] })
    const expected = { x: [[0x3c00, 0xc001]] }
    expect(await rowsOf({ 'x.npy': raw }, fields)).toEqual(expected)
    for (const endian of ['<', '>']) {
      const halves = npyFile({ descr: `${endian}f2`, shape: [1, 2], items: [0x3c00, 0xc001] })
      expect(await rowsOf({ 'x.npy': halves }, fields)).toEqual(expected)
    }
  })

  it('takes raw bytes as the bits of a BFloat16Vector', async () => {
    const fields = [field('x', DataType.BFloat16Vector, { dim: 2 })]
    const raw = npyFile({ descr: '|u1', shape: [1, 4], items: [0x80, 0x3f, 0x01, 0xc0] })
    expect(await rowsOf({ 'x.npy': raw }, fields)).toEqual({ x: [[0x3f80, 0xc001]] })
  })

  it.each([
    [DataType.Float16Vector, 1, 0x3c00],
    [DataType.Float16Vector, -0, 0x8000],
    [DataType.Float16Vector, 65504, 0x7bff],
    [DataType.Float16Vector, 65519.99, 0x7bff],
    [DataType.Float16Vector, 2 ** -24, 0x0001],
    [DataType.Float16Vector, 2 ** -25, 0x0000],
    [DataType.Float16Vector, 2 ** -25 * 1.0001, 0x0001],
    [DataType.Float16Vector, 1 + 2 ** -11, 0x3c00],
    [DataType.Float16Vector, 1 + 3 * 2 ** -11, 0x3c02],
    [DataType.Float16Vector, 1 + 2 ** -11 + 2 ** -40, 0x3c01],
    [DataType.Float16Vector, 2 ** -14 * (1 - 2 ** -11), 0x0400],
    [DataType.Float16Vector, -Infinity, 0xfc00],
    [DataType.Float16Vector, NaN, 0x7e00],
    [DataType.BFloat16Vector, 1, 0x3f80],
    [DataType.BFloat16Vector, 1 + 2 ** -8, 0x3f80],
    [DataType.BFloat16Vector, 1 + 3 * 2 ** -8, 0x3f82],
    [DataType.BFloat16Vector, 1 + 2 ** -8 + 2 ** -40, 0x3f81],
    [DataType.BFloat16Vector, 2 ** -133, 0x0001],
    [DataType.BFloat16Vector, 1e-300, 0x0000],
    [DataType.BFloat16Vector, Infinity, 0x7f80],
    [DataType.BFloat16Vector, NaN, 0x7fc0],
  ])('rounds once, ties to even: type %i, %d', async (type, value, bits) => {
    const bytes = npyFile({ descr: '<f8', shape: [1, 1], items: [value] })
    const { x } = await rowsOf({ 'x.npy': bytes }, [field('x', type, { dim: 1 })])
    expect(x).toEqual([bits])
  })

  it('rounds a float32 to bfloat16 as the top half of its bits does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.float({ noNaN: true, min: -(2 ** 120), max: 2 ** 120 }),
        async (value) => {
          const bytes = npyFile({ descr: '<f4', shape: [1, 1], items: [value] })
          const { x } = await rowsOf({ 'x.npy': bytes }, [
            field('x', DataType.BFloat16Vector, { dim: 1 }),
          ])
          const bits = new Uint32Array(Float32Array.of(value).buffer)[0]
          expect(x).toEqual([((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff])
        },
      ),
    )
  })

  it('reads every float16 as what it is, and writes it back the same', async () => {
    const items = Array.from({ length: 65536 }, (_, bits) => bits)
    const halves = npyFile({ descr: '<f2', shape: [65536], items })
    const { x } = await rowsOf({ 'x.npy': halves }, [field('x', DataType.Float)])
    const values = x as number[]
    expect(values.slice(0, 3)).toEqual([0, 2 ** -24, 2 ** -23])
    expect([0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e00].map((bits) => values[bits])).toEqual([
      1,
      -2,
      65504,
      Infinity,
      -Infinity,
      NaN,
    ])
    const singles = npyFile({ descr: '<f4', shape: [65536, 1], items: values })
    const back = await rowsOf({ 'x.npy': singles }, [
      field('x', DataType.Float16Vector, { dim: 1 }),
    ])
    const isNaN16 = (bits: number) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0
    const expected = items.map((bits) => (isNaN16(bits) ? 0x7e00 : bits))
    expect((back.x as number[]).map((bits) => (isNaN16(bits) ? 0x7e00 : bits))).toEqual(expected)
  })

  it('widens f2 to a FloatVector, and to Double', async () => {
    const matrix = npyFile({ descr: '>f2', shape: [1, 2], items: [0x3c00, 0xc000] })
    const fields = [field('x', DataType.FloatVector, { dim: 2 })]
    expect(await rowsOf({ 'x.npy': matrix }, fields)).toEqual({ x: [[1, -2]] })
    const scalars = npyFile({ descr: '<f2', shape: [2], items: [0x3c00, 0xc000] })
    expect(await rowsOf({ 'x.npy': scalars }, [field('x', DataType.Double)])).toEqual({
      x: [1, -2],
    })
  })

  it('keeps NaN and infinity for those who check', async () => {
    const items = [NaN, Infinity, -Infinity]
    for (const descr of ['<f4', '<f8']) {
      const bytes = npyFile({ descr, shape: [1, 3], items })
      const fields = [field('x', DataType.FloatVector, { dim: 3 })]
      expect(await rowsOf({ 'x.npy': bytes }, fields)).toEqual({ x: [items] })
    }
  })
})

describe('a value that the field cannot hold', () => {
  it.each<[string, NpySpec, ReturnType<typeof field>, number, string]>([
    [
      'a double that float32 cannot hold',
      { descr: '<f8', shape: [2, 3], items: [1, 2, 3, 4, 1e39, 6] },
      field('x', DataType.FloatVector, { dim: 3 }),
      1,
      'expected a number in the range of float32, got 1e+39 in item 1 of the row',
    ],
    [
      'a float that float16 cannot hold',
      { descr: '<f4', shape: [2, 1], items: [65504, -65520] },
      field('x', DataType.Float16Vector, { dim: 1 }),
      1,
      'expected a number in the range of float16, got -65520',
    ],
    [
      'a double that bfloat16 cannot hold',
      { descr: '<f8', shape: [1, 2], items: [1, 3.4e38] },
      field('x', DataType.BFloat16Vector, { dim: 2 }),
      0,
      'expected a number in the range of bfloat16, got 3.4e+38 in item 1 of the row',
    ],
    [
      'a uint64 over the largest int64',
      { descr: '>u8', shape: [3], items: [1n, 2n ** 63n - 1n, 2n ** 63n] },
      field('x', DataType.Int64),
      2,
      'expected at most 9223372036854775807, got 9223372036854775808',
    ],
    [
      'a bool that is 2',
      { descr: '|b1', shape: [2], items: [1, 2] },
      field('x', DataType.Bool),
      1,
      'expected 0 or 1, got 2',
    ],
    [
      'half of a surrogate pair',
      { descr: '<U2', shape: [2], items: ['é', Uint8Array.of(65, 0, 0, 0, 0, 0xd8, 0, 0)] },
      field('x', DataType.VarChar),
      1,
      'expected Unicode code points, got U+D800',
    ],
    [
      'a code point over the last',
      { descr: '<U1', shape: [1], items: [Uint8Array.of(0, 0, 0x11, 0)] },
      field('x', DataType.VarChar),
      0,
      'expected Unicode code points, got U+110000',
    ],
    [
      'bytes that are no UTF-8',
      { descr: '|S2', shape: [3, 1], items: ['ok', 'é', Uint8Array.of(0xc3, 0)] },
      field('x', DataType.Array, { elementType: DataType.VarChar, maxCapacity: 4 }),
      2,
      'expected UTF-8, got the bytes c300',
    ],
  ])('is told with its row: %s', async (_what, spec, target, row, message) => {
    const failure = await failureOf(rowsOf({ 'in/x.npy': npyFile(spec) }, [target]))
    expect(failure.kind).toBe('importFailed')
    expect(failure.place).toEqual({ file: 'in/x.npy', row, field: 'x' })
    expect(failure.message).toBe(`in/x.npy: row ${row}, field 'x': ${message}`)
  })

  it('is no UTF-8 where a character is cut in two between rows', async () => {
    const items = [Uint8Array.of(0xc3), Uint8Array.of(0xa9)]
    const bytes = npyFile({ descr: '|S1', shape: [2], items })
    const failure = await failureOf(rowsOf({ 'x.npy': bytes }, [field('x', DataType.VarChar)]))
    expect(failure.place.row).toBe(0)
  })
})

function is(name: string, type: DataType): boolean {
  return DataType[name as keyof typeof DataType] === type
}

function rowsIn(items: readonly unknown[], shape: readonly number[]): unknown[][] {
  const [rows, columns] = shape
  return Array.from({ length: rows }, (_, row) => items.slice(row * columns, (row + 1) * columns))
}
