import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn } from '../../column/column.js'
import { GramTable } from './gram-table.js'
import { sortPlaces } from './sort-values.js'
import type { GramSizes } from './value-index.js'
import { writeValueIndex } from './write-value-index.js'

/**
 * Builds the index over the grams of texts: the runs of characters of some lengths that occur in them, each
 * with the rows whose texts have it. Where so many would not fit, the longest are left out.
 * @returns the bytes of its file, in shared memory
 */
export function buildGramIndex(
  column: BytesColumn,
  rowCount: number,
  sizes: GramSizes,
  timesMax = 2 ** 28,
): Uint8Array {
  const table = new GramTable(column.bytes)
  const counted = countRows(column, rowCount, sizes, table, timesMax)
  if (!counted) {
    return buildGramIndex(column, rowCount, { ...sizes, max: sizes.max - 1 }, timesMax)
  }
  const grams = table.texts()
  const firsts = sortPlaces(
    grams,
    Uint32Array.from({ length: table.count }, (_, id) => id),
  )
  const { validity } = column
  const groups = { ...rowsOfGrams(column, rowCount, sizes, table, firsts), firsts }
  return writeValueIndex(grams, groups, { rowCount, validity, grams: sizes })
}

/** Counts the rows of each gram. @returns false where they are too many */
function countRows(
  column: BytesColumn,
  rowCount: number,
  sizes: GramSizes,
  table: GramTable,
  timesMax: number,
): boolean {
  let times = 0
  eachRow(column, rowCount, (row, begin, end) => {
    times += table.countRow(row, begin, end, sizes)
    return times <= timesMax
  })
  return times <= timesMax
}

function eachRow(
  { offsets, validity }: BytesColumn,
  rowCount: number,
  visit: (row: number, begin: number, end: number) => boolean,
): void {
  for (let row = 0; row < rowCount; row++) {
    if (validity !== null && !hasBit(validity, row)) continue
    if (!visit(row, offsets[row], offsets[row + 1])) return
  }
}

/** Goes through the texts once more: rows are written where the ones of their gram belong. */
function rowsOfGrams(
  column: BytesColumn,
  rowCount: number,
  sizes: GramSizes,
  table: GramTable,
  sorted: Uint32Array,
): { rows: Uint32Array; begins: Uint32Array } {
  const begins = new Uint32Array(sorted.length + 1)
  const nexts = new Uint32Array(sorted.length)
  for (let at = 0; at < sorted.length; at++) {
    nexts[sorted[at]] = begins[at]
    begins[at + 1] = begins[at] + table.rowCountOf(sorted[at])
  }
  const rows = new Uint32Array(begins[sorted.length])
  table.forgetRows()
  eachRow(column, rowCount, (row, begin, end) => {
    table.writeRow(row, begin, end, sizes, rows, nexts)
    return true
  })
  return { rows, begins }
}
