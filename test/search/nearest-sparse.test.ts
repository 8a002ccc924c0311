import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitmapWithLength, hasBit, setBit } from '../../dist/column/bitmap.js'
import type { BytesColumn } from '../../dist/column/column.js'
import { nearestSparse } from '../../dist/search/nearest-sparse.js'

type Pairs = ReadonlyMap<number, number>

/** Rows of pairs, the first of them behind `shift` bytes that are none. */
function columnOf(rows: readonly Pairs[], shift: number): BytesColumn {
  const texts = rows.map(bytesOf)
  const bytes = Buffer.concat([Buffer.alloc(shift), ...texts])
  const offsets = Int32Array.of(0, ...texts.map((text) => text.length))
  for (let row = 1; row < offsets.length; row++) offsets[row] += offsets[row - 1]
  return { shape: 'bytes', offsets, bytes: bytes.subarray(shift), validity: null }
}

function bytesOf(pairs: Pairs): Buffer {
  const bytes = Buffer.alloc(pairs.size * 8)
  const sorted = [...pairs].sort(([left], [right]) => left - right)
  for (const [place, [index, value]] of sorted.entries()) {
    bytes.writeUInt32LE(index, place * 8)
    bytes.writeFloatLE(value, place * 8 + 4)
  }
  return bytes
}

const pairs = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: -3, max: 3 })), {
    maxLength: 6,
  })
  .map((entries) => new Map(entries))

describe('the nearest sparse rows', () => {
  it('are those that a plain sum finds, ties by row', () => {
    fc.assert(
      fc.property(
        fc.array(pairs, { maxLength: 40 }),
        pairs,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 5 }),
        fc.constantFrom(-Infinity, -4),
        (rows, query, k, shift, near) => {
          const mask = bitmapWithLength(rows.length)
          rows.forEach((_, row) => {
            if (row % 3 !== 1) setBit(mask, row)
          })
          const segment = { rowCount: rows.length, column: columnOf(rows, shift), mask }
          const found = nearestSparse([segment], { bytes: bytesOf(query), k, near })
          const wanted = rows
            .map((row, index) => {
              let sum = 0
              for (const [place, value] of query) sum += value * (row.get(place) ?? 0)
              return { row: index, distance: -sum }
            })
            .filter(({ row, distance }) => hasBit(mask, row) && distance !== 0 && distance >= near)
            .sort((left, right) => left.distance - right.distance || left.row - right.row)
            .slice(0, k)
          expect([...found.rows]).toEqual(wanted.map(({ row }) => row))
          expect([...found.distances]).toEqual(wanted.map(({ distance }) => distance))
        },
      ),
    )
  })
})
