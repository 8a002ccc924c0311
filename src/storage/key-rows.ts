import type { Column, FixedColumn } from '../column/column.js'
import { pkAt } from '../segment/pk-order.js'
import type { PrimaryKey } from '../segment/segment-file.js'

/** Which rows have a key, of rows that come one after the other. */
export interface KeyRows {
  /** The first `rowCount` keys of the column are those of the next rows. */
  append(keys: Column, rowCount: number): void
  /** Calls back for each row that has one of the first `rowCount` keys of the column. */
  eachRowOf(keys: Column, rowCount: number, tell: (row: number) => void): void
  /** Of the row. */
  keyOf(row: number): PrimaryKey
}

export function keyRowsFor(hasTexts: boolean): KeyRows {
  return hasTexts ? new TextRows() : new Int64Rows()
}

const nowhere = -1

/**
 * A hash table in typed arrays: a Map of bigints takes ten times as long, and the main thread fills this one.
 * Rows of one place hang together, the last one first.
 */
class Int64Rows implements KeyRows {
  #keys = new BigInt64Array(1024)
  /** The two halves of each key. */
  #words = new Int32Array(this.#keys.buffer)
  /** The row before, of the same place. */
  #before = new Int32Array(1024)
  /** The last row of each place; twice as many as there is room for rows. */
  #last = new Int32Array(2048).fill(nowhere)
  #rowCount = 0

  append(keys: Column, rowCount: number): void {
    if (this.#rowCount + rowCount > this.#keys.length) this.#grow(this.#rowCount + rowCount)
    const { values } = keys as FixedColumn
    this.#keys.set((values as BigInt64Array).subarray(0, rowCount), this.#rowCount)
    const end = this.#rowCount + rowCount
    for (let row = this.#rowCount; row < end; row++) this.#hang(row)
    this.#rowCount = end
  }

  eachRowOf(keys: Column, rowCount: number, tell: (row: number) => void): void {
    const { buffer, byteOffset } = (keys as FixedColumn).values
    const wanted = new Int32Array(buffer, byteOffset, rowCount * 2)
    const words = this.#words
    for (let at = 0; at < wanted.length; at += 2) {
      const low = wanted[at]
      const high = wanted[at + 1]
      let row = this.#last[placeOf(low, high, this.#last.length)]
      for (; row !== nowhere; row = this.#before[row]) {
        if (words[row * 2] === low && words[row * 2 + 1] === high) tell(row)
      }
    }
  }

  keyOf(row: number): bigint {
    return this.#keys[row]
  }

  #grow(rowCount: number): void {
    let capacity = this.#keys.length
    while (capacity < rowCount) capacity *= 2
    const keys = new BigInt64Array(capacity)
    keys.set(this.#keys)
    this.#keys = keys
    this.#words = new Int32Array(keys.buffer)
    this.#before = new Int32Array(capacity)
    this.#last = new Int32Array(capacity * 2).fill(nowhere)
    for (let row = 0; row < this.#rowCount; row++) this.#hang(row)
  }

  #hang(row: number): void {
    const place = placeOf(this.#words[row * 2], this.#words[row * 2 + 1], this.#last.length)
    this.#before[row] = this.#last[place]
    this.#last[place] = row
  }
}

/** @param placeCount a power of two */
function placeOf(low: number, high: number, placeCount: number): number {
  let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & (placeCount - 1)
}

class TextRows implements KeyRows {
  readonly #rowsByKey = new Map<string, number | number[]>()
  readonly #keys: string[] = []

  append(keys: Column, rowCount: number): void {
    for (let index = 0; index < rowCount; index++) {
      const key = pkAt(keys, index) as string
      const row = this.#keys.push(key) - 1
      const before = this.#rowsByKey.get(key)
      if (before === undefined) this.#rowsByKey.set(key, row)
      else if (typeof before === 'number') this.#rowsByKey.set(key, [before, row])
      else before.push(row)
    }
  }

  eachRowOf(keys: Column, rowCount: number, tell: (row: number) => void): void {
    for (let index = 0; index < rowCount; index++) {
      const rows = this.#rowsByKey.get(pkAt(keys, index) as string) ?? []
      if (typeof rows === 'number') tell(rows)
      else for (const row of rows) tell(row)
    }
  }

  keyOf(row: number): string {
    return this.#keys[row]
  }
}
