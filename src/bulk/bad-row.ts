import type { RejectedRow } from '../formats/format.js'

/** So many bad rows of a task are kept as records; the others are counted, and lie in the rejects file. */
export const badRowsKept = 100

const reasonLengthMax = 500
const quoteLengthMax = 120

/** A row that was left out, as its task keeps it: places are those of the unit's part. */
export interface BadRow {
  readonly unitIndex: number
  readonly file: string
  readonly row: number
  readonly line: number | null
  readonly byteOffset: number | null
  /** '' where the whole row is at fault. */
  readonly field: string
  readonly reason: string
  /** The beginning of the row; null where it is no text. */
  readonly quote: string | null
}

export function badRowFrom(unitIndex: number, file: string, rejected: RejectedRow): BadRow {
  const { row, line, byteOffset, field, reason, rawText } = rejected
  return {
    unitIndex,
    file,
    row,
    line,
    byteOffset,
    field,
    reason: shortened(reason, reasonLengthMax),
    quote: rawText === null ? null : shortened(rawText, quoteLengthMax),
  }
}

/** The first bad rows of both lists, in the order of the input. */
export function firstBadRows(one: readonly BadRow[], other: readonly BadRow[]): readonly BadRow[] {
  if (other.length === 0) return one
  return [...one, ...other]
    .sort((left, right) => left.unitIndex - right.unitIndex || left.row - right.row)
    .slice(0, badRowsKept)
}

function shortened(text: string, lengthMax: number): string {
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text
}
