import { Buffer } from 'node:buffer'
import type { BytesColumn, FixedColumn } from '../../column/column.js'
import { giveWay } from '../../workers/give-way.js'

/**
 * Sorts the places `places` of a column by the values there, ascending; equal values keep their order.
 * Numbers are sorted by the digits of their bits, texts by those of some of their bytes after the other.
 */
export function sortPlaces(column: FixedColumn | BytesColumn, places: Uint32Array): Uint32Array {
  if (column.shape === 'bytes') return sortTexts(column, places, 0)
  const keys = keysFor(places)
  if (column.values instanceof BigInt64Array) writeInt64Keys(column.values, places, keys)
  else writeDoubleKeys(column.values as ArrayLike<number>, places, keys)
  return orderOf(keys).map((at) => places[at])
}

/** Sorts texts that have their first `depth` bytes in common. */
function sortTexts(column: BytesColumn, places: Uint32Array, depth: number): Uint32Array {
  const keys = keysFor(places)
  writeTextKeys(column, places, depth, keys)
  const order = orderOf(keys)
  const sorted = order.map((at) => places[at])
  sortEqualKeys(column, keys, order, sorted, depth + keyBytes)
  return sorted
}

function keysFor({ length }: Uint32Array): Keys {
  return { highs: new Uint32Array(length), lows: new Uint32Array(length) }
}

/** Of a text. */
const keyBytes = 8

/** What the values are sorted by: 64 bits without a sign. */
interface Keys {
  readonly highs: Uint32Array
  readonly lows: Uint32Array
}

function writeInt64Keys(values: BigInt64Array, places: Uint32Array, { highs, lows }: Keys): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  for (let at = 0; at < places.length; at++) {
    lows[at] = words[places[at] * 2]
    highs[at] = words[places[at] * 2 + 1] ^ 0x80000000
  }
}

/** Bits of negative numbers are turned, so that they sort as integers; −0 is 0. */
function writeDoubleKeys(
  values: ArrayLike<number>,
  places: Uint32Array,
  { highs, lows }: Keys,
): void {
  const double = new Float64Array(1)
  const [low, high] = [0, 1]
  const words = new Uint32Array(double.buffer)
  for (let at = 0; at < places.length; at++) {
    double[0] = values[places[at]] + 0
    const isNegative = words[high] >>> 31 === 1
    lows[at] = isNegative ? ~words[low] : words[low]
    highs[at] = isNegative ? ~words[high] : words[high] ^ 0x80000000
  }
}

function writeTextKeys(
  { bytes, offsets }: BytesColumn,
  places: Uint32Array,
  depth: number,
  { highs, lows }: Keys,
): void {
  for (let at = 0; at < places.length; at++) {
    const begin = offsets[places[at]] + depth
    const end = offsets[places[at] + 1]
    highs[at] = fourBytes(bytes, begin, end)
    lows[at] = fourBytes(bytes, begin + 4, end)
  }
}

function fourBytes(bytes: Uint8Array, begin: number, end: number): number {
  let word = 0
  for (let at = begin; at < begin + 4; at++) word = (word << 8) | (at < end ? bytes[at] : 0)
  return word
}

/** Goes by some bits at a time, the last ones first; digits that are all the same are passed over. */
function orderOf({ highs, lows }: Keys): Uint32Array {
  const digitBits = highs.length < manyKeys ? 8 : 16
  const mask = (1 << digitBits) - 1
  let order = Uint32Array.from({ length: highs.length }, (_, at) => at)
  let other = new Uint32Array(highs.length)
  const nexts = new Uint32Array(1 << digitBits)
  for (const words of [lows, highs]) {
    for (let shift = 0; shift < 32; shift += digitBits) {
      if (!countDigits(words, shift, nexts)) continue
      for (let begin = 0; begin < order.length; begin += keysAtOnce) {
        placeKeys(order.subarray(begin, begin + keysAtOnce), other, nexts, words, shift, mask)
        giveWay()
      }
      const sorted = other
      other = order
      order = sorted
    }
  }
  return order
}

/** Puts keys, which are in the order of the digits before, where their digit has its place. */
function placeKeys(
  keys: Uint32Array,
  placed: Uint32Array,
  nexts: Uint32Array,
  words: Uint32Array,
  shift: number,
  mask: number,
): void {
  for (let at = 0; at < keys.length; at++) {
    placed[nexts[(words[keys[at]] >>> shift) & mask]++] = keys[at]
  }
}

/** A fraction of a millisecond. */
const keysAtOnce = 65_536

/** From so many keys on, the counts of larger digits are worth their room. */
const manyKeys = 1 << 16

/** Where each digit's keys go. @returns false where all have the same */
function countDigits(words: Uint32Array, shift: number, nexts: Uint32Array): boolean {
  const mask = nexts.length - 1
  nexts.fill(0)
  for (let at = 0; at < words.length; at++) nexts[(words[at] >>> shift) & mask]++
  let before = 0
  for (let digit = 0; digit < nexts.length; digit++) {
    const count = nexts[digit]
    if (count === words.length) return false
    nexts[digit] = before
    before += count
  }
  return true
}

/** Sorts those that have their first `depth` bytes in common, or end before. */
function sortEqualKeys(
  column: BytesColumn,
  { highs, lows }: Keys,
  order: Uint32Array,
  sorted: Uint32Array,
  depth: number,
): void {
  for (let begin = 0; begin < order.length; ) {
    const key = order[begin]
    let end = begin + 1
    while (end < order.length && isSameKey(highs, lows, order[end], key)) end++
    if (end - begin > 1) sortGroup(column, sorted.subarray(begin, end), depth)
    begin = end
  }
}

function sortGroup(column: BytesColumn, places: Uint32Array, depth: number): void {
  const { offsets } = column
  let shortest = Number.POSITIVE_INFINITY
  let longest = 0
  for (let at = 0; at < places.length; at++) {
    const length = offsets[places[at] + 1] - offsets[places[at]]
    if (length < shortest) shortest = length
    if (length > longest) longest = length
  }
  if (longest <= depth && shortest === longest) return
  if (longest > depth && depth < depthMax && places.length >= manyTexts) {
    places.set(sortTexts(column, places.slice(), depth))
    return
  }
  const bytes = Buffer.from(column.bytes.buffer, column.bytes.byteOffset, column.bytes.byteLength)
  places.sort((left, right) =>
    bytes.compare(bytes, offsets[right], offsets[right + 1], offsets[left], offsets[left + 1]),
  )
}

/** From so many on, it is worth counting their digits. */
const manyTexts = 64
/** Texts that are the same so far are compared as a whole. */
const depthMax = 64

function isSameKey(highs: Uint32Array, lows: Uint32Array, left: number, right: number): boolean {
  return highs[left] === highs[right] && lows[left] === lows[right]
}
