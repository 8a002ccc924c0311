import { expect, it } from 'vitest'
import type { BytesColumn, FixedColumn } from '../../dist/column/column.js'
import { buildValueIndex } from '../../dist/indexes/scalar/build-value-index.js'
import { markRows, numbersBetween, textsWithPrefix } from '../../dist/indexes/scalar/find-values.js'
import { openValueIndex } from '../../dist/indexes/scalar/value-index.js'
import { randomFrom } from '../support/random.js'

const random = randomFrom(9)
const sizes = [0, 1, 500, 70_000]

it.each(sizes)('sorts %d numbers of either sign, and leaves out NaN', (rowCount) => {
  const values = Float64Array.from({ length: rowCount }, (_, row) =>
    row % 97 === 0 ? Number.NaN : (random() - 0.5) * 10 ** (row % 30) + 0,
  )
  const index = built({ shape: 'fixed', values, width: 1, validity: null }, rowCount)
  const expected = [...new Set(values)].filter((value) => !Number.isNaN(value))
  expect([...(index.values as FixedColumn).values]).toEqual(
    expected.sort((one, other) => one - other),
  )
  expect(rowsOf(index, numbersBetween(index, -5, 1000))).toEqual(
    rowsWhere(rowCount, (row) => values[row] >= -5 && values[row] <= 1000),
  )
})

it.each(sizes)('keeps the rows of %d int64, common ones as bitmaps', (rowCount) => {
  const values = BigInt64Array.from({ length: rowCount }, (_, row) =>
    row % 3 === 0 ? 7n : BigInt(Math.floor((random() - 0.5) * 2 ** 40)) * 2n ** 20n,
  )
  const index = built({ shape: 'fixed', values, width: 1, validity: null }, rowCount)
  expect([...index.dense].length).toBeGreaterThan(rowCount === 0 ? -1 : 0)
  expect(rowsOf(index, numbersBetween(index, 7n, 7n))).toEqual(
    rowsWhere(rowCount, (row) => values[row] === 7n),
  )
  expect(rowsOf(index, numbersBetween(index, -(2n ** 62n), 7n))).toEqual(
    rowsWhere(rowCount, (row) => values[row] <= 7n),
  )
})

it('finds texts by what they begin with', () => {
  const texts = ['', 'a', 'a\0', 'ab', 'abcdefghi', 'abcdefghj', 'abcdefgh', 'b', 'é', 'ab', 'a']
  const bytes = Buffer.from(texts.join(''))
  const offsets = new Int32Array(texts.length + 1)
  texts.forEach((text, row) => {
    offsets[row + 1] = offsets[row] + Buffer.byteLength(text)
  })
  const column: BytesColumn = { shape: 'bytes', offsets, bytes, validity: null }
  const index = built(column, texts.length)
  for (const prefix of ['', 'a', 'ab', 'abcdefgh', 'abcdefghi', 'c', 'é']) {
    const span = textsWithPrefix(index, Buffer.from(prefix))
    expect(rowsOf(index, span), prefix).toEqual(
      rowsWhere(texts.length, (row) => texts[row].startsWith(prefix)),
    )
  }
})

function built(column: FixedColumn | BytesColumn, rowCount: number) {
  return openValueIndex(buildValueIndex(column, rowCount))
}

function rowsOf(index: ReturnType<typeof built>, span: Parameters<typeof markRows>[1]): number[] {
  const mask = new Uint8Array((index.rowCount + 7) >> 3)
  markRows(index, span, mask)
  return rowsWhere(index.rowCount, (row) => ((mask[row >> 3] >> (row & 7)) & 1) === 1)
}

function rowsWhere(rowCount: number, passes: (row: number) => boolean): number[] {
  return Array.from({ length: rowCount }, (_, row) => row).filter(passes)
}
