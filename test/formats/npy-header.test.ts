import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import { parseNpyHeader } from '../../dist/formats/npy/npy-header.js'
import { encodeNpyHeader, npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { npyStart } from './npy-files.js'

function parsed(text: string, version = 1) {
  return parseNpyHeader(npyStart(text, version))
}

function header(descr: string, shape = '(3,)') {
  return `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`
}

describe('a header that is read', () => {
  it.each([1, 2, 3])('has version %i', (version) => {
    const { dtype, isFortranOrder, shape, dataOffset, dataBytes } = parsed(
      "{'descr': '<f4', 'fortran_order': True, 'shape': (10, 3), }",
      version,
    )
    expect(dtype).toEqual({ descr: '<f4', code: 'f4', itemBytes: 4, isBigEndian: false })
    expect({ isFortranOrder, shape, dataOffset, dataBytes }).toEqual({
      isFortranOrder: true,
      shape: [10, 3],
      dataOffset: 128,
      dataBytes: 120,
    })
  })

  it.each([
    ["{'shape': (3,), 'descr': '<i8', 'fortran_order': False}", [3]],
    ['{"descr":"<i8","fortran_order":False,"shape":(3,)}', [3]],
    ["  { 'descr' :\t'<i8' ,\n'fortran_order': False, 'shape': ( 3 , 4 , ) , }  \n", [3, 4]],
    ["{'descr': '<i8', 'fortran_order': False, 'shape': (10L, 2L)}", [10, 2]],
    ["{'descr': '<i8', 'fortran_order': False, 'shape': ()}", []],
    ["{'descr': ('<i8'), 'fortran_order': (False), 'shape': ((3), (4))}", [3, 4]],
    ["{'descr': '<i8', 'fortran_order': False, 'shape': (0, 128)}", [0, 128]],
  ])('may be written as %s', (text, shape) => {
    expect(parsed(text).shape).toEqual(shape)
  })

  it.each([
    ['|b1', 'b1', 1, false],
    ['?', 'b1', 1, false],
    ['>i1', 'i1', 1, false],
    ['=i4', 'i4', 4, false],
    ['u8', 'u8', 8, false],
    ['>f8', 'f8', 8, true],
    ['<f2', 'f2', 2, false],
    ['<U7', 'U', 28, false],
    ['>U7', 'U', 28, true],
    ['|S5', 'S', 5, false],
  ])('has the dtype %s', (descr, code, itemBytes, isBigEndian) => {
    expect(parsed(header(`'${descr}'`)).dtype).toEqual({ descr, code, itemBytes, isBigEndian })
  })

  it('is what the writer wrote, aligned to 64 bytes', () => {
    const shapes = fc.array(fc.nat(1000), { maxLength: 4 })
    fc.assert(
      fc.property(shapes, fc.constantFrom('<f4', '<i8', '|u1', '<U3'), (shape, descr) => {
        const bytes = encodeNpyHeader(descr, shape)
        const read = parseNpyHeader(bytes)
        expect(read.shape).toEqual(shape)
        expect(read.dtype.descr).toBe(descr)
        expect(read.dataOffset).toBe(bytes.byteLength)
        expect(bytes.byteLength % 64).toBe(0)
        expect(bytes.at(-1)).toBe(0x0a)
      }),
    )
  })
})

describe('the writer', () => {
  it('writes the bytes that numpy writes', () => {
    const file = Buffer.from(npyBytes(BigInt64Array.of(1n, -2n)))
    const text = "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }"
    expect(file.subarray(0, 10).toString('hex')).toBe('934e554d505901007600')
    expect(file.subarray(10, 128).toString('latin1')).toBe(`${text.padEnd(117)}\n`)
    expect(file.subarray(128).toString('hex')).toBe('0100000000000000feffffffffffffff')
  })

  it.each([
    [new Float32Array(6), '<f4'],
    [new Float64Array(6), '<f8'],
    [new Int8Array(6), '|i1'],
    [new Uint8Array(6), '|u1'],
    [new Int16Array(6), '<i2'],
    [new Uint32Array(6), '<u4'],
    [new BigUint64Array(6), '<u8'],
  ])('knows the dtype of %o: %s', (values, descr) => {
    const read = parseNpyHeader(npyBytes(values, [2, 3]))
    expect(read.dtype.descr).toBe(descr)
    expect(read.shape).toEqual([2, 3])
  })

  it('refuses a shape that has another number of values', () => {
    expect(() => npyBytes(new Float32Array(7), [2, 3])).toThrow(
      'the shape (2, 3) takes 6 values, got 7',
    )
  })
})

describe('a header that is refused', () => {
  it.each([
    ["'|O'", "the numpy file dtype '|O' is not supported"],
    ["'<c8'", "the numpy file dtype '<c8' is not supported"],
    ["'<m8[us]'", "the numpy file dtype '<m8[us]' is not supported"],
    ["'|V4'", "the numpy file dtype '|V4' is not supported"],
    ["'<f16'", "the numpy file dtype '<f16' is not supported"],
    ["'<U0'", "the numpy file dtype '<U0' is not supported"],
    ["'i04'", "the numpy file dtype 'i04' is not supported"],
    ["[('a', '<i4'), ('b', '<f4', (2, 3))]", "the numpy file dtype '[('a', '<i4')"],
    ['5', "the numpy file dtype '5' is not supported"],
  ])('has the dtype %s', (descr, text) => {
    expect(() => parsed(header(descr))).toThrow(text)
  })

  it.each([
    ['(-1, 8)', 'expected shape to be at most 32 sizes from 0 on, got (-1, 8)'],
    ['(99999999999999999999,)', 'expected shape to be at most 32 sizes from 0 on'],
    ['(9007199254740991, 8)', "the shape (9007199254740991, 8) of '<f4' is too large"],
    ['(True,)', 'expected shape to be at most 32 sizes'],
    ['((1, 2),)', 'expected shape to be at most 32 sizes'],
    [`(${'1,'.repeat(33)})`, 'expected shape to be at most 32 sizes'],
    ['[3]', 'expected shape to be a tuple, got [3]'],
    ['(3)', 'expected shape to be a tuple, got (3)'],
    ['(3.5,)', 'expected a value at character'],
    ['(3]', "expected ')' at character"],
    [`${'('.repeat(100)}`, 'nested deeper than 16'],
  ])('has the shape %s', (shape, text) => {
    expect(() => parsed(header("'<f4'", shape))).toThrow(text)
  })

  it.each([
    ['', "expected '{' at character"],
    ["{'descr': '<f4'}", 'expected the keys descr, fortran_order, shape, got descr'],
    ["{'descr': '<f4', 'descr': '<f8'}", "the key 'descr' is there twice"],
    [`${header("'<f4'")} + 1`, 'expected the end at character'],
    [
      "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
      'fortran_order to be True or False, got 0',
    ],
    ["{'descr': '<f4', 'fortran_order': None, 'shape': ()}", 'expected a value at character'],
    ["{'descr': exit(), 'fortran_order': False, 'shape': ()}", 'expected a value at character'],
    ["{'descr': '<f4, 'fortran_order'", "expected '}' at character"],
    ["{'descr': '<f4", 'expected a string that ends at character'],
    ['{descr: 1}', 'expected a string at character 1'],
  ])('reads %s', (text, message) => {
    expect(() => parsed(text)).toThrow(message)
  })

  it('has other bytes at its start, another version, or ends too early', () => {
    expect(() => parseNpyHeader(Buffer.from('not numpy'))).toThrow(
      'npy: not a valid NumPy file format',
    )
    expect(() => parseNpyHeader(new Uint8Array(0))).toThrow('npy: not a valid NumPy file format')
    expect(() => parsed(header("'<f4'"), 4)).toThrow('npy: invalid major version number (4)')
    const minor = npyStart(header("'<f4'"))
    minor[7] = 1
    expect(() => parseNpyHeader(minor)).toThrow('npy: invalid minor version number (1)')
    const start = npyStart(header("'<f4'"))
    for (const length of [6, 7, 9]) {
      expect(() => parseNpyHeader(start.subarray(0, length))).toThrow(
        `npy: unexpected EOF: expected at least 10 bytes, got ${length}`,
      )
    }
    expect(() => parseNpyHeader(start.subarray(0, 100))).toThrow(
      'npy: unexpected EOF: expected a header of 128 bytes, got 100',
    )
  })

  it('says that it is longer than a MiB', () => {
    const start = npyStart(header("'<f4'"), 2)
    start.writeUInt32LE(0xffffffff, 8)
    expect(() => parseNpyHeader(start)).toThrow('expected a header of at most 1048576 bytes')
  })

  it('is no UTF-8 in version 3', () => {
    const start = npyStart(header("'<f4'"), 3)
    start[20] = 0xff
    expect(() => parseNpyHeader(start)).toThrow('npy: invalid header: expected UTF-8')
  })
})

it('throws nothing but a MillraceError, and ends, whatever the header says', () => {
  const seeds = [header("'<f4'", '(10, 3)'), header("[('a', '<i4')]"), header("'>U7'", '(10L,)')]
  const piece = fc.oneof(
    fc.constantFrom('(', ')', '[', ']', '{', '}', "'", '"', ',', ':', '\\', ' ', '-', 'L', '\0'),
    fc.constantFrom('True', 'False', 'None', '9'.repeat(400), '('.repeat(400), '1e9'),
    fc.string({ maxLength: 5 }),
  )
  const edit = fc.record({ at: fc.nat(80), removed: fc.nat(6), piece })
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 5 }))
    .map(([seed, edits]) =>
      edits.reduce(
        (text, { at, removed, piece: added }) =>
          text.slice(0, at) + added + text.slice(at + removed),
        seed,
      ),
    )
  fc.assert(
    fc.property(mutated, fc.constantFrom(1, 2, 3), fc.nat(200), (text, version, length) => {
      const start = npyStart(text, version)
      for (const bytes of [start, start.subarray(0, length)]) expectParsedOrRefused(bytes)
    }),
    { numRuns: 2000 },
  )
  const bytes = fc.uint8Array({ maxLength: 200 })
  const magic = Buffer.from('934e554d5059', 'hex')
  fc.assert(
    fc.property(bytes, (rest) => expectParsedOrRefused(Buffer.concat([magic, rest]))),
    { numRuns: 500 },
  )
})

function expectParsedOrRefused(bytes: Uint8Array): void {
  try {
    parseNpyHeader(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError)
  }
}
