import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitmapWithLength, hasBit, setBit } from '../../dist/column/bitmap.js'
import type { BytesColumn } from '../../dist/column/column.js'
import { nearestSparse } from '../../dist/search/nearest/nearest-sparse.js'
import { run } from '../../dist/search/nearest/sparse-scan-job.js'
import { createWorkerPool } from '../../dist/workers/worker-pool.js'

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

const nobodyCancels = { throwIfCancelled: () => {} }

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
          const column = columnOf(rows, shift)
          const ranges = [{ segment: 0, rowBegin: 0, rowEnd: rows.length, column, mask }]
          const queries = bytesOf(query)
          const queryOffsets = Int32Array.of(0, queries.length)
          const [found] = run({ queries, queryOffsets, k, near, ranges }, nobodyCancels)
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

  it('are the same on several threads, over several segments, where scans are long', async () => {
    const pool = createWorkerPool(2)
    try {
      const rowsOf = (seed: number) =>
        Array.from({ length: 4001 }, (_, row) => {
          const at = (row * 7 + seed) % 97
          return new Map([at, at + 97, at + 194].map((index) => [index, (row % 5) + 1]))
        })
      const columns = [rowsOf(0), rowsOf(31)].map((rows) => columnOf(rows, 0))
      const queries = [rowsOf(5)[3], rowsOf(11)[70]].map(bytesOf)
      const bytes = Buffer.concat(queries)
      const offsets = Int32Array.of(0, queries[0].length, bytes.length)
      const segments = columns.map((column) => ({ rowCount: 4001, column, mask: null }))
      const found = await nearestSparse(pool, segments, { bytes, offsets, k: 70, near: -Infinity })
      const ranges = columns.map((column, segment) => ({
        ...{ segment, column, rowBegin: 0, rowEnd: 4001, mask: null },
      }))
      const job = { queries: bytes, queryOffsets: offsets, k: 70, near: -Infinity, ranges }
      expect(found).toEqual(run(job, nobodyCancels))
      expect(found[0].rows.length).toBe(70)
      const signal = AbortSignal.abort()
      const cancelled = nearestSparse(pool, segments, { bytes, offsets, k: 9, near: 0, signal })
      await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' })
    } finally {
      await pool.close()
    }
  })
})
