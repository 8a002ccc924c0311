import { bitmapWithLength, hasBit, setBit } from '../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../column/column.js'
import { giveWay } from '../workers/give-way.js'

/** The keys of a segment, and the order of its rows by them (`pkOrderOf`). */
export interface SortedKeys {
  readonly column: Column
  readonly order: Uint32Array | null
  readonly rowCount: number
  /** A set bit for every row that does not count any more; null: none. */
  readonly deleted: Uint8Array | null
  /** The rows' places in the input of their import (`importOrderField`); null: those of the segments. */
  readonly places: Float64Array | null
}

export interface ConflictRules {
  /** Which of the imported rows of one key stays; none: all of them do. */
  readonly winner: 'none' | 'first' | 'last'
  /** Which side loses where both have a key. */
  readonly loser: 'none' | 'imported' | 'existing'
}

/** For each segment, a set bit for every row that loses; null: none does. */
export interface KeyConflicts {
  readonly imported: (Uint8Array | null)[]
  readonly existing: (Uint8Array | null)[]
}

/**
 * Goes through the keys of all segments in one order, and finds the rows that lose.
 * @param imported in the order in which their rows follow each other
 */
export function findKeyConflicts(
  imported: readonly SortedKeys[],
  existing: readonly SortedKeys[],
  rules: ConflictRules,
): KeyConflicts {
  const segments = [...imported, ...existing]
  const lost: (Uint8Array | null)[] = segments.map(() => null)
  const lose = ({ segment, row }: KeyedRow) => {
    lost[segment] ??= bitmapWithLength(segments[segment].rowCount)
    setBit(lost[segment], row)
  }
  const merge = new KeyMerge(segments)
  for (let rows = merge.next(); rows.length > 0; rows = merge.next()) {
    giveWay()
    const given = inInputOrder(
      rows.filter(({ segment }) => segment < imported.length),
      imported,
    )
    if (given.length === 0) continue
    const found = rows.filter(({ segment }) => segment >= imported.length)
    if (rules.winner === 'first') given.slice(1).forEach(lose)
    if (rules.winner === 'last') given.slice(0, -1).forEach(lose)
    if (found.length === 0) continue
    if (rules.loser === 'imported') given.forEach(lose)
    if (rules.loser === 'existing') found.forEach(lose)
  }
  return { imported: lost.slice(0, imported.length), existing: lost.slice(imported.length) }
}

interface KeyedRow {
  readonly segment: number
  readonly row: number
}

/** Segments of several partitions were filled side by side: only places tell which row came first. */
function inInputOrder(rows: KeyedRow[], segments: readonly SortedKeys[]): KeyedRow[] {
  if (rows.length < 2 || segments[rows[0].segment].places === null) return rows
  const placeOf = ({ segment, row }: KeyedRow) => segments[segment].places?.[row] ?? 0
  return rows.sort((one, other) => placeOf(one) - placeOf(other))
}

/** Gives the rows of all segments key by key, those of one key in the order of the segments. */
class KeyMerge {
  readonly #segments: readonly SortedKeys[]
  readonly #positions: Uint32Array
  /** The segments that have rows left, as a heap by their next row's key and their own place. */
  readonly #heap: number[] = []
  readonly #compare: (one: SortedKeys, row: number, other: SortedKeys, otherRow: number) => number

  constructor(segments: readonly SortedKeys[]) {
    this.#segments = segments
    this.#positions = new Uint32Array(segments.length)
    this.#compare = segments[0]?.column.shape === 'fixed' ? compareInt64 : compareBytes
    for (let segment = 0; segment < segments.length; segment++) {
      this.#passDeleted(segment)
      if (this.#hasRow(segment)) this.#rise(this.#heap.push(segment) - 1)
    }
  }

  /** The rows of the next key; none at the end. */
  next(): KeyedRow[] {
    const rows: KeyedRow[] = []
    let first: KeyedRow | null = null
    while (this.#heap.length > 0) {
      const segment = this.#heap[0]
      const row = this.#rowOf(segment)
      if (first && this.#compareRows(first.segment, first.row, segment, row) !== 0) break
      first ??= { segment, row }
      rows.push({ segment, row })
      this.#advance(segment)
    }
    return rows
  }

  #advance(segment: number): void {
    this.#positions[segment]++
    this.#passDeleted(segment)
    if (!this.#hasRow(segment)) {
      const last = this.#heap.pop()!
      if (this.#heap.length === 0) return
      this.#heap[0] = last
    }
    this.#sink(0)
  }

  #passDeleted(segment: number): void {
    const { deleted } = this.#segments[segment]
    if (deleted === null) return
    while (this.#hasRow(segment) && isSet(deleted, this.#rowOf(segment))) this.#positions[segment]++
  }

  #hasRow(segment: number): boolean {
    return this.#positions[segment] < this.#segments[segment].rowCount
  }

  #rowOf(segment: number): number {
    const position = this.#positions[segment]
    return this.#segments[segment].order?.[position] ?? position
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child
      }
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #isBefore(at: number, other: number): boolean {
    const [one, two] = [this.#heap[at], this.#heap[other]]
    const difference = this.#compareRows(one, this.#rowOf(one), two, this.#rowOf(two))
    return difference < 0 || (difference === 0 && one < two)
  }

  #compareRows(one: number, row: number, other: number, otherRow: number): number {
    return this.#compare(this.#segments[one], row, this.#segments[other], otherRow)
  }

  #swap(at: number, other: number): void {
    const segment = this.#heap[at]
    this.#heap[at] = this.#heap[other]
    this.#heap[other] = segment
  }
}

function compareInt64(one: SortedKeys, row: number, other: SortedKeys, otherRow: number): number {
  const left = (one.column as FixedColumn).values[row]
  const right = (other.column as FixedColumn).values[otherRow]
  return left < right ? -1 : left > right ? 1 : 0
}

/** By the UTF-8 bytes, as segments are sorted. */
function compareBytes(one: SortedKeys, row: number, other: SortedKeys, otherRow: number): number {
  const [left, right] = [one.column as BytesColumn, other.column as BytesColumn]
  return Buffer.compare(
    left.bytes.subarray(left.offsets[row], left.offsets[row + 1]),
    right.bytes.subarray(right.offsets[otherRow], right.offsets[otherRow + 1]),
  )
}

/** A bitmap may end before the row. */
function isSet(bitmap: Uint8Array, row: number): boolean {
  return row < bitmap.length * 8 && hasBit(bitmap, row)
}
