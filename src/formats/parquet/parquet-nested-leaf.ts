import { NestedRows } from './parquet-nested-rows.js'
import { RepeatedLeafReader } from './parquet-repeated-leaf.js'

/** Of a list of lists: a row begins at each repetition level of 0, an inner list at 0 and 1. */
export class NestedLeafReader extends RepeatedLeafReader<NestedRows> {
  protected override startRows(sink: NestedRows['sink'], rowsMax: number): NestedRows {
    return new NestedRows(sink, rowsMax)
  }

  protected override appendUpTo(rows: NestedRows, rowsMax: number): boolean {
    const levels = this.levels
    while (levels.begin < levels.end) {
      if (levels.repetition[levels.begin] === 0) {
        if (rows.count === rowsMax) return true
        rows.beginRow()
      }
      levels.begin = this.#appendFrom(rows, levels.begin)
    }
    return false
  }

  /** Appends what a level stands for, and the values that follow it in its inner list; returns their end. */
  #appendFrom(rows: NestedRows, at: number): number {
    const { repetition, definition, end, isAllPresent, page } = this.levels
    const { definitionMax, emptyListLevel, outerEmptyLevel } = this.leaf
    const level = isAllPresent ? definitionMax : definition[at]
    if (repetition[at] < 2) {
      if (level < outerEmptyLevel!) rows.makeRowNull()
      if (level <= outerEmptyLevel!) return at + 1
      rows.beginList()
      if (level < emptyListLevel!) rows.makeListNull()
      if (level <= emptyListLevel!) return at + 1
    }
    let runEnd = at + 1
    while (
      runEnd < end &&
      repetition[runEnd] === 2 &&
      (isAllPresent || definition[runEnd] === level)
    ) {
      runEnd++
    }
    if (level === definitionMax) page.values.read(rows.sink, runEnd - at)
    else rows.sink.appendNulls(runEnd - at)
    return runEnd
  }
}
