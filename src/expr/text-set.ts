import type { BytesColumn } from '../column/column.js'

/**
 * Sets the bits of texts that are one of those that are wanted. They are told by bytes, found by a hash.
 * @param wanted each once
 */
export function writeTextSetMask(
  { bytes, offsets }: BytesColumn,
  rowCount: number,
  wanted: readonly Uint8Array[],
  passed: Uint8Array,
): void {
  if (table?.wanted !== wanted) table = newTable(wanted)
  const { places, lengths, texts, begins } = table
  const last = places.length - 1
  for (let row = 0; row < rowCount; row++) {
    const begin = offsets[row]
    const length = offsets[row + 1] - begin
    if (lengths[Math.min(length, longLength)] === 0) continue
    let place = hashOf(bytes, begin, length) & last
    for (; places[place] !== 0; place = (place + 1) & last) {
      const from = begins[places[place] - 1]
      if (begins[places[place]] - from !== length) continue
      let at = 0
      while (at < length && bytes[begin + at] === texts[from + at]) at++
      if (at < length) continue
      passed[row >> 3] |= 1 << (row & 7)
      break
    }
  }
}

interface Table {
  readonly wanted: readonly Uint8Array[]
  /** 0, or the number of the text there, counted from 1. A text lies at its hash or at the next free place. */
  readonly places: Uint32Array
  /** 1 for each length that a text has. */
  readonly lengths: Uint8Array
  /** All texts, and where each begins. */
  readonly texts: Uint8Array
  readonly begins: Uint32Array
}

/** This thread's last one, since a column is looked at in many blocks. */
let table: Table | null = null

/** From it on, lengths are taken for the same. */
const longLength = 255

function newTable(wanted: readonly Uint8Array[]): Table {
  const texts = Buffer.concat(wanted)
  const begins = new Uint32Array(wanted.length + 1)
  const places = new Uint32Array(2 ** Math.ceil(Math.log2(wanted.length * 2 + 8)))
  const lengths = new Uint8Array(longLength + 1)
  for (const [index, { length }] of wanted.entries()) {
    begins[index + 1] = begins[index] + length
    lengths[Math.min(length, longLength)] = 1
    let place = hashOf(texts, begins[index], length) & (places.length - 1)
    while (places[place] !== 0) place = (place + 1) & (places.length - 1)
    places[place] = index + 1
  }
  return { wanted, places, lengths, texts, begins }
}

/** Of a long text the first bytes and the last ones tell enough. */
function hashOf(bytes: Uint8Array, begin: number, length: number): number {
  let hash = length
  const head = Math.min(length, endBytes)
  for (let at = begin; at < begin + head; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
  const end = begin + length
  const tail = Math.max(begin + head, end - endBytes)
  for (let at = tail; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
  return hash ^ (hash >>> 15)
}

const endBytes = 24
