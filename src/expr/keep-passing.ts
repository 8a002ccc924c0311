import { clearBit, countBits, hasBit, intersectInto, rowsOfMask } from '../column/bitmap.js'
import type { Column, ListColumn } from '../column/column.js'
import { gatherColumn, sliceColumn } from '../column/slice.js'
import { type BoundExpr, fieldsOf } from './bound-expr.js'
import { evaluate } from './evaluate.js'
import type { Columns } from './evaluate-value.js'
import { costOf } from './expr-cost.js'

/** The conditions that must all be true for the expression to be true, what costs least first. */
export function conjunctsOf(bound: BoundExpr): BoundExpr[] {
  const all = bound.kind === 'and' ? bound.operands.flatMap(conjunctsOf) : [bound]
  return all.sort((left, right) => costOf(left) - costOf(right))
}

/**
 * Clears the bits of `mask` of rows for which one of the conditions is not true, block by block. Rows that
 * an earlier condition left out are not looked at by a later one that costs more than passing them by.
 * @param onBlock called before each block, which takes some milliseconds at most
 */
export function keepPassing(
  conjuncts: readonly BoundExpr[],
  columns: Columns,
  rowCount: number,
  mask: Uint8Array,
  onBlock: () => void,
): void {
  for (let begin = 0; begin < rowCount; begin += blockRows) {
    onBlock()
    const rows = Math.min(blockRows, rowCount - begin)
    const block = columnsOfRows(columns, begin, begin + rows)
    const blockMask = mask.subarray(begin >> 3, (begin + rows + 7) >> 3)
    for (const conjunct of conjuncts) {
      const count = countBits(blockMask, rows)
      if (count === 0) break
      if (isGatherCheaper(conjunct, count, rows)) keepGathered(conjunct, block, count, blockMask)
      else intersectInto(blockMask, evaluate(conjunct, block, rows))
    }
  }
}

/** The columns of rows `[begin, end)`; `begin` is a multiple of 8. Values are not copied. */
export function columnsOfRows(columns: Columns, begin: number, end: number): Columns {
  return new Map(Array.from(columns, ([id, column]) => [id, columnOfRows(column, begin, end)]))
}

const blockRows = 32_768

/** A list's elements begin at 0 again, so that whoever looks at all of them looks at those of these rows. */
function columnOfRows(column: Column, begin: number, end: number): Column {
  const rows = sliceColumn(column, begin, end)
  if (rows.shape !== 'list') return rows
  const { offsets } = rows
  const first = offsets[0]
  const child = sliceColumn(rows.child, first, offsets[end - begin])
  return {
    ...rows,
    offsets: offsets.map((offset) => offset - first),
    child: child as ListColumn['child'],
  }
}

/** Of a row that is gathered. */
const gatherCost = 15

function isGatherCheaper(conjunct: BoundExpr, count: number, rows: number): boolean {
  const cost = costOf(conjunct)
  return count * (cost + gatherCost) < rows * cost
}

function keepGathered(conjunct: BoundExpr, block: Columns, count: number, mask: Uint8Array): void {
  const rows = rowsOfMask(mask, count)
  const ids = fieldsOf(conjunct).map(({ fieldId }) => fieldId)
  const gathered = new Map(ids.map((id) => [id, gatherColumn(block.get(id)!, rows)]))
  const passed = evaluate(conjunct, gathered, count)
  for (let index = 0; index < count; index++) {
    if (!hasBit(passed, index)) clearBit(mask, rows[index])
  }
}
