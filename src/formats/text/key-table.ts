/**
 * Keys by their bytes, numbered in the order in which they came: a look-up makes no string. Open
 * addressing; a place holds a key's number and 1, or 0.
 */
export class KeyTable {
  #places = new Int32Array(64)
  #hashes = new Int32Array(32)
  #ends = new Int32Array(33)
  #bytes = new Uint8Array(512)
  size = 0

  /** The number of a key, or -1. */
  find(bytes: Uint8Array, begin: number, end: number): number {
    return this.#places[this.#placeOf(hashOf(bytes, begin, end), bytes, begin, end)] - 1
  }

  /** The number of a key, which is added where it is not there yet. */
  add(bytes: Uint8Array, begin: number, end: number): number {
    const hash = hashOf(bytes, begin, end)
    const place = this.#placeOf(hash, bytes, begin, end)
    if (this.#places[place] !== 0) return this.#places[place] - 1
    this.#append(hash, bytes, begin, end)
    this.#places[place] = this.size
    if (this.size * 2 > this.#places.length) this.#rehash()
    return this.size - 1
  }

  /** Whether the bytes at `position` are key number `key` and a quote. */
  isQuotedAt(key: number, bytes: Uint8Array, position: number): boolean {
    const begin = this.#ends[key]
    const length = this.#ends[key + 1] - begin
    for (let index = 0; index < length; index++) {
      if (bytes[position + index] !== this.#bytes[begin + index]) return false
    }
    return bytes[position + length] === 0x22
  }

  byteLengthOf(key: number): number {
    return this.#ends[key + 1] - this.#ends[key]
  }

  clear(): void {
    this.size = 0
    this.#places.fill(0)
  }

  #placeOf(hash: number, bytes: Uint8Array, begin: number, end: number): number {
    const mask = this.#places.length - 1
    let place = hash & mask
    for (let key = this.#places[place]; key !== 0; key = this.#places[place]) {
      if (this.#hashes[key - 1] === hash && this.#isKey(key - 1, bytes, begin, end)) break
      place = (place + 1) & mask
    }
    return place
  }

  #isKey(key: number, bytes: Uint8Array, begin: number, end: number): boolean {
    const keyBegin = this.#ends[key]
    if (this.#ends[key + 1] - keyBegin !== end - begin) return false
    for (let index = 0; index < end - begin; index++) {
      if (bytes[begin + index] !== this.#bytes[keyBegin + index]) return false
    }
    return true
  }

  #append(hash: number, bytes: Uint8Array, begin: number, end: number): void {
    const keyBegin = this.#ends[this.size]
    const keyEnd = keyBegin + end - begin
    if (this.size === this.#hashes.length) {
      this.#hashes = grown(this.#hashes, new Int32Array(this.size * 2))
      this.#ends = grown(this.#ends, new Int32Array(this.size * 2 + 1))
    }
    if (keyEnd > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, new Uint8Array(Math.max(keyEnd, this.#bytes.length * 2)))
    }
    this.#bytes.set(bytes.subarray(begin, end), keyBegin)
    this.#hashes[this.size] = hash
    this.size++
    this.#ends[this.size] = keyEnd
  }

  #rehash(): void {
    const mask = this.#places.length * 2 - 1
    this.#places = new Int32Array(mask + 1)
    for (let key = 0; key < this.size; key++) {
      let place = this.#hashes[key] & mask
      while (this.#places[place] !== 0) place = (place + 1) & mask
      this.#places[place] = key + 1
    }
  }
}

function grown<Values extends Int32Array | Uint8Array>(from: Values, to: Values): Values {
  to.set(from)
  return to
}

/** FNV-1a, with its bits mixed so that the low ones are good for a table. */
function hashOf(bytes: Uint8Array, begin: number, end: number): number {
  let hash = 0x811c9dc5
  for (let index = begin; index < end; index++) {
    hash = Math.imul(hash ^ bytes[index], 0x01000193)
  }
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
}
