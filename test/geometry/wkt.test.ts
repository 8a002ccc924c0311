import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalWkt } from '../../dist/geometry/canonical-wkt.js'
import { formatWkt } from '../../dist/geometry/format-wkt.js'
import { parseWkt } from '../../dist/geometry/parse-wkt.js'
import { readBox } from '../../dist/geometry/wkt-box.js'
import { WktFault } from '../../dist/geometry/wkt-cursor.js'
import { wkt } from './arbitraries.js'

const rewritten = (text: string) => formatWkt(parseWkt(text))

describe('well-known text', () => {
  it.each([
    ['POINT(1 2)', 'POINT (1 2)'],
    ['  point  ( 1.50   -2 )\n', 'POINT (1.5 -2)'],
    ['POINT (.5 1.)', 'POINT (0.5 1)'],
    ['POINT (1e-7 1E+22)', 'POINT (0.0000001 10000000000000000000000)'],
    ['POINT (-0 -1.25e-3)', 'POINT (-0 -0.00125)'],
    ['POINT EMPTY', 'POINT EMPTY'],
    ['POINT(1 2 3)', 'POINT Z (1 2 3)'],
    ['POINTZM (1 2 3 4)', 'POINT ZM (1 2 3 4)'],
    ['point m(1 2 3)', 'POINT M (1 2 3)'],
    ['LINESTRING(0 0,1 1)', 'LINESTRING (0 0, 1 1)'],
    ['MULTIPOINT((1 2),EMPTY,3 4)', 'MULTIPOINT (1 2, EMPTY, 3 4)'],
    [
      'POLYGON((0 0,9 0,9 9,0 0),(5 1,6 1,6 2,5 1))',
      'POLYGON ((0 0, 9 0, 9 9, 0 0), (5 1, 6 1, 6 2, 5 1))',
    ],
    ['MULTIPOLYGON(((0 0,1 0,1 1,0 0)),EMPTY)', 'MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), EMPTY)'],
    ['MULTILINESTRING(EMPTY,(0 0,1 1))', 'MULTILINESTRING (EMPTY, (0 0, 1 1))'],
    [
      'GEOMETRYCOLLECTION(POINT(1 2 3),GEOMETRYCOLLECTION(LINESTRING Z(0 0 0,1 1 1)))',
      'GEOMETRYCOLLECTION Z (POINT Z (1 2 3), GEOMETRYCOLLECTION Z (LINESTRING Z (0 0 0, 1 1 1)))',
    ],
    ['GEOMETRYCOLLECTION M (POINT EMPTY)', 'GEOMETRYCOLLECTION M (POINT M EMPTY)'],
  ])('%s is written as %s', (text, written) => {
    expect(rewritten(text)).toBe(written)
    expect(rewritten(written)).toBe(written)
  })

  it.each([
    ['', 'unexpected end of text at line 1, pos 0'],
    ['INVALID WKT STRING', 'invalid keyword at line 1, pos 0'],
    ['SRID=4326;POINT(1 2)', 'invalid keyword'],
    ['CIRCLE (1 2)', 'invalid keyword'],
    ['POINT', 'unexpected end of text'],
    ['POINT ()', 'unexpected )'],
    ['POINT (abc def)', 'unexpected a'],
    ['POINT (1)', 'not enough coordinates'],
    ['POINT (1 2 3 4 5)', 'too many coordinates'],
    ['POINT (+1 2)', 'invalid number'],
    ['POINT (1-2 3)', 'invalid number'],
    ['POINT (1e999 2)', 'invalid number'],
    ['POINT (1 2', 'unexpected end of text'],
    ['POINT (1 2) POINT (1 2)', 'unexpected P'],
    ['POINT M (1 2)', 'mixed dimensionality, parsed layout is XYM so expecting 3 coords'],
    ['LINESTRING (0 0)', 'non-empty linestring with only one point'],
    ['LINESTRING (0 0,\n 1 1 1)', 'got 3 coords at line 2, pos 5'],
    ['POLYGON ((0 0, 1 1))', "polygon ring doesn't have enough points"],
    ['POLYGON ((0 0, 1 0, 1 1, 0 1))', 'polygon ring not closed'],
    ['MULTIPOINT (1 2 3, EMPTY)', 'parsed layout is XYZ but encountered layout of XY'],
    ['GEOMETRYCOLLECTION M (POINT (1 2 3))', 'encountered layout of not XYM'],
    [`${'GEOMETRYCOLLECTION ('.repeat(200)}POINT (1 2)${')'.repeat(200)}`, 'nested too deeply'],
  ])('%s is refused: %s', (text, reason) => {
    expect(() => parseWkt(text)).toThrow(WktFault)
    expect(() => parseWkt(text)).toThrow(/^syntax error: /)
    expect(() => parseWkt(text)).toThrow(reason)
  })

  it('is told to be canonical or not without being parsed, as parsing tells', () => {
    const numeral = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.stringMatching(/^-?\d{0,17}(\.\d{0,17})?$/),
    )
    fc.assert(
      fc.property(numeral, numeral, (x, y) => {
        const text = `POINT (${x} ${y})`
        const bytes = Buffer.from(text)
        expect(outcome(() => canonicalWkt(bytes, 0, bytes.length) ?? text)).toEqual(
          outcome(() => rewritten(text)),
        )
      }),
      { numRuns: 2000 },
    )
  })

  it('is written the same way again', () => {
    fc.assert(
      fc.property(wkt, (text) => {
        const written = rewritten(text)
        expect(rewritten(written)).toBe(written)
        const bytes = Buffer.from(` ${written}`)
        expect(canonicalWkt(bytes, 1, bytes.length)).toBeNull()
      }),
      { numRuns: 500 },
    )
  })

  it('is a geometry or a fault, whatever the text', () => {
    const pieces = [
      'POINT',
      'POLYGON',
      'MULTIPOINT',
      'EMPTY',
      'Z',
      'M',
      '(',
      ')',
      ',',
      ' ',
      '\n',
      '1',
      '-2.5',
      'e',
      '+',
    ]
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 12 }),
        (some) => {
          const text = some.join('')
          const bytes = Buffer.from(text)
          expect(outcome(() => canonicalWkt(bytes, 0, bytes.length) ?? 'canonical')).not.toMatch(
            /^(?!Error: syntax error)[A-Za-z]*Error/,
          )
          readBox(bytes, 0, bytes.length, new Float64Array(4))
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('has the box of its numbers', () => {
    fc.assert(
      fc.property(wkt, (text) => {
        const numbers = (text.match(/-?[\d.]+(e[+-]?\d+)?/g) ?? []).map(Number)
        const xs = numbers.filter((_, at) => at % 2 === 0)
        const ys = numbers.filter((_, at) => at % 2 === 1)
        const box = new Float64Array(4)
        const bytes = Buffer.from(`..${text}`)
        readBox(bytes, 2, bytes.length, box)
        expect([...box]).toEqual([
          ...[Math.min(...xs), Math.min(...ys)],
          ...[Math.max(...xs), Math.max(...ys)],
        ])
      }),
      { numRuns: 1000 },
    )
  })

  it('has a box of its first two dimensions', () => {
    const box = new Float64Array(4)
    const bytes = Buffer.from('LINESTRING ZM (1 2 -50 70, 3.25 -4e0 90 80)')
    readBox(bytes, 0, bytes.length, box)
    expect([...box]).toEqual([1, -4, 3.25, 2])
  })
})

function outcome(work: () => string): string {
  try {
    return work()
  } catch (thrown) {
    return String(thrown)
  }
}
