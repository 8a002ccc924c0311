import type { BytesColumn } from '../../column/column.js'
import type { GramSizes } from './value-index.js'

/** The grams of a column's texts, numbered as they were found: each is told by a place where it lies. */
export class GramTable {
  readonly #bytes: Uint8Array
  #count = 0
  #begins = new Uint32Array(startCount)
  #ends = new Uint32Array(startCount)
  #hashes = new Uint32Array(startCount)
  #rowCounts = new Uint32Array(startCount)
  /** The last row that had each gram, counted from 1. */
  #lastRows = new Uint32Array(startCount)
  /** 0, or the number of the gram there, counted from 1. It lies at its hash or at the next free place. */
  #places = new Uint32Array(startCount * 2)

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get count(): number {
    return this.#count
  }

  rowCountOf(id: number): number {
    return this.#rowCounts[id]
  }

  /** Counts a row for each gram of its text. @returns how many those are */
  countRow(row: number, begin: number, end: number, sizes: GramSizes): number {
    let found = 0
    for (let from = begin; from < end; from = characterEnd(this.#bytes, from, end)) {
      this.#eachFrom(from, end, sizes, (id) => {
        if (this.#lastRows[id] === row + 1) return
        this.#lastRows[id] = row + 1
        this.#rowCounts[id]++
        found++
      })
    }
    return found
  }

  forgetRows(): void {
    this.#lastRows.fill(0)
  }

  /** Writes a row for each gram of its text, where the next one of that gram belongs. */
  writeRow(
    row: number,
    begin: number,
    end: number,
    sizes: GramSizes,
    rows: Uint32Array,
    nexts: Uint32Array,
  ): void {
    for (let from = begin; from < end; from = characterEnd(this.#bytes, from, end)) {
      this.#eachFrom(from, end, sizes, (id) => {
        if (this.#lastRows[id] === row + 1) return
        this.#lastRows[id] = row + 1
        rows[nexts[id]++] = row
      })
    }
  }

  /** All grams, by their numbers. */
  texts(): BytesColumn {
    const offsets = new Int32Array(this.#count + 1)
    for (let id = 0; id < this.#count; id++) {
      offsets[id + 1] = offsets[id] + this.#ends[id] - this.#begins[id]
    }
    const bytes = new Uint8Array(offsets[this.#count])
    for (let id = 0; id < this.#count; id++) {
      bytes.set(this.#bytes.subarray(this.#begins[id], this.#ends[id]), offsets[id])
    }
    return { shape: 'bytes', offsets, bytes, validity: null }
  }

  /** The grams that begin at a place, each of which is the one before and one character more. */
  #eachFrom(
    begin: number,
    end: number,
    { min, max }: GramSizes,
    visit: (id: number) => void,
  ): void {
    const bytes = this.#bytes
    let hash = 0x811c9dc5
    let at = begin
    for (let size = 1; size <= max && at < end; size++) {
      const after = characterEnd(bytes, at, end)
      for (; at < after; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
      if (size >= min) visit(this.#idOf(begin, at, mixed(hash)))
    }
  }

  #idOf(begin: number, end: number, hash: number): number {
    const last = this.#places.length - 1
    let place = hash & last
    for (; this.#places[place] !== 0; place = (place + 1) & last) {
      const id = this.#places[place] - 1
      if (this.#hashes[id] === hash && this.#isSame(id, begin, end)) return id
    }
    this.#places[place] = this.#count + 1
    return this.#add(begin, end, hash)
  }

  #isSame(id: number, begin: number, end: number): boolean {
    const from = this.#begins[id]
    if (this.#ends[id] - from !== end - begin) return false
    let at = 0
    while (begin + at < end && this.#bytes[from + at] === this.#bytes[begin + at]) at++
    return begin + at === end
  }

  #add(begin: number, end: number, hash: number): number {
    const id = this.#count++
    this.#begins[id] = begin
    this.#ends[id] = end
    this.#hashes[id] = hash
    if (this.#count === this.#begins.length) this.#grow()
    return id
  }

  #grow(): void {
    this.#begins = doubled(this.#begins)
    this.#ends = doubled(this.#ends)
    this.#hashes = doubled(this.#hashes)
    this.#rowCounts = doubled(this.#rowCounts)
    this.#lastRows = doubled(this.#lastRows)
    this.#places = new Uint32Array(this.#begins.length * 2)
    const last = this.#places.length - 1
    for (let id = 0; id < this.#count; id++) {
      let place = this.#hashes[id] & last
      while (this.#places[place] !== 0) place = (place + 1) & last
      this.#places[place] = id + 1
    }
  }
}

const startCount = 4096

/** Characters are those of Unicode, as they lie in UTF-8. */
export function characterEnd(bytes: Uint8Array, begin: number, end: number): number {
  let after = begin + 1
  while (after < end && (bytes[after] & 0xc0) === 0x80) after++
  return after
}

/** A table takes the last bits of a hash, which must depend on all of it. */
function mixed(hash: number): number {
  return (hash ^ (hash >>> 15)) >>> 0
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2)
  larger.set(array)
  return larger
}
