import { ListRows } from './parquet-list-rows.js'
import { RepeatedLeafReader } from './parquet-repeated-leaf.js'

/** A row begins at each repetition level of 0, and may go on in the next page. */
export class ListLeafReader extends RepeatedLeafReader<ListRows> {
  protected override startRows(sink: ListRows['sink'], rowsMax: number): ListRows {
    return new ListRows(sink, rowsMax)
  }

  protected override appendUpTo(rows: ListRows, rowsMax: number): boolean {
    const begin = this.levels.begin
    const known = this.levels.repetition.subarray(0, this.levels.end)
    for (let at = known.indexOf(0, begin); at >= 0; at = known.indexOf(0, at + 1)) {
      if (rows.count === rowsMax) {
        this.#append(rows, begin, at)
        return true
      }
      rows.begin(this.levels.isAllPresent ? rows.sink.count + at - begin : 0)
    }
    this.#append(rows, begin, this.levels.end)
    return false
  }

  #append(rows: ListRows, begin: number, end: number): void {
    this.levels.begin = end
    if (begin === end) return
    if (this.levels.isAllPresent) this.levels.page.values.read(rows.sink, end - begin)
    else this.#appendLevels(rows, begin, end)
  }

  /** Levels of which some are nulls or empty lists. */
  #appendLevels(rows: ListRows, begin: number, end: number): void {
    const { definitionMax } = this.leaf
    const emptyListLevel = this.leaf.emptyListLevel!
    let row = rows.count - zerosIn(this.levels.repetition, begin, end)
    for (let at = begin; at < end; ) {
      const level = this.levels.definition[at]
      if (this.levels.repetition[at] === 0) rows.moveBegin(row++)
      let runEnd = at + 1
      if (level > emptyListLevel) {
        while (
          runEnd < end &&
          this.levels.repetition[runEnd] !== 0 &&
          this.levels.definition[runEnd] === level
        ) {
          runEnd++
        }
        if (level === definitionMax) this.levels.page.values.read(rows.sink, runEnd - at)
        else rows.sink.appendNulls(runEnd - at)
      } else if (level < emptyListLevel) {
        rows.validity.appendNulls(row - 1, 1)
      }
      at = runEnd
    }
  }
}

function zerosIn(levels: Uint8Array, begin: number, end: number): number {
  let count = 0
  for (let at = begin; at < end; at++) if (levels[at] === 0) count++
  return count
}
