import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hasBit } from '../../dist/column/bitmap.js'
import { keyColumn } from '../../dist/column/key-column.js'
import { DataType } from '../../dist/schema/data-type.js'
import { pkOrderOf } from '../../dist/segment/pk-order.js'
import { findKeyConflicts, type SortedKeys } from '../../dist/storage/key-conflicts.js'
import { field } from '../support/fields.js'

function sorted(keys: readonly (bigint | string)[], dataType: DataType): SortedKeys {
  const column = keyColumn(field(100, 'id', dataType, { isPrimaryKey: true }), keys)
  const order = pkOrderOf(column, keys.length)
  return { column, order, rowCount: keys.length, deleted: null, places: null }
}

const segments = fc.array(fc.array(fc.integer({ min: -4, max: 6 }), { maxLength: 12 }), {
  maxLength: 5,
})

/** What loses, by comparing everything with everything. */
function expected(
  imported: number[][],
  existing: number[][],
  winner: 'none' | 'first' | 'last',
  loser: 'none' | 'imported' | 'existing',
) {
  const inOrder = imported.flatMap((keys, segment) =>
    keys.map((key, row) => ({ key, segment, row })),
  )
  const found = new Set(existing.flat())
  const lostImported = imported.map((keys, segment) =>
    keys.map((key, row) => {
      const same = inOrder.filter((each) => each.key === key)
      const kept = winner === 'first' ? same[0] : same.at(-1)
      const isDuplicate = winner !== 'none' && (kept?.segment !== segment || kept.row !== row)
      return isDuplicate || (loser === 'imported' && found.has(key))
    }),
  )
  const given = new Set(imported.flat())
  const lostExisting = existing.map((keys) =>
    keys.map((key) => loser === 'existing' && given.has(key)),
  )
  return { lostImported, lostExisting }
}

it.each([DataType.Int64, DataType.VarChar])(
  'finds what loses by its key, of type %s',
  (dataType) => {
    const keyOf = (key: number) => (dataType === DataType.Int64 ? BigInt(key) : `k${key}`)
    fc.assert(
      fc.property(
        segments,
        segments,
        fc.constantFrom('none', 'first', 'last'),
        fc.constantFrom('none', 'imported', 'existing'),
        (imported, existing, winner, loser) => {
          const found = findKeyConflicts(
            imported.map((keys) => sorted(keys.map(keyOf), dataType)),
            existing.map((keys) => sorted(keys.map(keyOf), dataType)),
            { winner, loser },
          )
          const { lostImported, lostExisting } = expected(imported, existing, winner, loser)
          const rowsOf = (lost: (Uint8Array | null)[], of: number[][]) =>
            of.map((keys, at) => keys.map((_, row) => lost[at] !== null && hasBit(lost[at], row)))
          expect(rowsOf(found.imported, imported)).toEqual(lostImported)
          expect(rowsOf(found.existing, existing)).toEqual(lostExisting)
        },
      ),
      { numRuns: 300 },
    )
  },
)

it('orders rows of segments that were filled side by side by their places in the input', () => {
  const rows = fc.array(fc.record({ key: fc.integer({ min: 0, max: 5 }), segment: fc.nat(2) }), {
    maxLength: 20,
  })
  fc.assert(
    fc.property(rows, fc.constantFrom('first', 'last'), (input, winner) => {
      const bySegment = [0, 1, 2].map((segment) =>
        input.flatMap((row, place) => (row.segment === segment ? [{ ...row, place }] : [])),
      )
      const imported = bySegment.map((segment) => ({
        ...sorted(
          segment.map(({ key }) => BigInt(key)),
          DataType.Int64,
        ),
        places: Float64Array.from(segment, ({ place }) => place),
      }))
      const { imported: lost } = findKeyConflicts(imported, [], { winner, loser: 'none' })
      const kept = bySegment.flatMap((segment, index) =>
        segment.filter((_, row) => lost[index] === null || !hasBit(lost[index], row)),
      )
      const keys = input.map(({ key }) => key)
      const expected = [...new Set(keys)].map((key) =>
        winner === 'first' ? keys.indexOf(key) : keys.lastIndexOf(key),
      )
      const ascending = (one: number, other: number) => one - other
      expect(kept.map(({ place }) => place).sort(ascending)).toEqual(expected.sort(ascending))
    }),
  )
})
