import { bitmapWithLength, hasBit, setBit } from '../column/bitmap.js'

/** Rows up to `rowEnd`, from the run before on, came by `timestamp`. */
export interface InsertRun {
  readonly rowEnd: number
  readonly timestamp: bigint
}

/** Time to live counts in seconds, so rows of one second share a run: a segment has few of them. */
const runBits = 28n // Hybrid time: 18 bits of counter, and 10 of about a thousand milliseconds.

/** Notes that the rows after the last run came at `timestamp`, which none before is later than. */
export function noteRows(runs: InsertRun[], rowEnd: number, timestamp: bigint): void {
  const last = runs.at(-1)
  if (last && last.timestamp >> runBits === timestamp >> runBits) runs.pop()
  runs.push({ rowEnd, timestamp })
}

/** The runs of some of the rows, in their order. */
export function runsOfRows(runs: readonly InsertRun[], rowOffsets: Int32Array): InsertRun[] {
  let rowEnd = 0
  return runs.flatMap((run) => {
    const rowBegin = rowEnd
    while (rowEnd < rowOffsets.length && rowOffsets[rowEnd] < run.rowEnd) rowEnd++
    return rowEnd > rowBegin ? [{ rowEnd, timestamp: run.timestamp }] : []
  })
}

/** How many of the rows, the first ones, came before `timestamp`. */
export function rowsBefore(runs: readonly InsertRun[], timestamp: bigint): number {
  return runs.findLast((run) => run.timestamp < timestamp)?.rowEnd ?? 0
}

/** What of `alive` remains when the first rows are gone. */
export function aliveFromRow(
  alive: Uint8Array | null,
  rowBegin: number,
  rowCount: number,
): Uint8Array | null {
  if (rowBegin === 0) return alive
  const remaining = bitmapWithLength(rowCount)
  for (let row = rowBegin; row < rowCount; row++) {
    if (alive === null || hasBit(alive, row)) setBit(remaining, row)
  }
  return remaining
}
