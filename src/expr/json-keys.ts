import { Buffer } from 'node:buffer'

// Texts that stand for what documents hold, below one path, at all paths. They sort by what they tell, by
// the path and by the value, so that the values of a range at a path lie together.
//
//   path      u8 0, the JSON of the list of its keys. Counted from 0, these are the numbers of paths
//   kind      u8 1, u32 path (big endian), u8 kind: what the value there is
//   flag      u8 2, u32 path, u8 0 or 1
//   number    u8 3, u32 path, 8 bytes that sort as the double does
//   text      u8 4, u32 path, UTF-8
//   element   as a flag, number or text, with 8 more in the first byte: of the array there

export const jsonKeyTypes = { path: 0, kind: 1, flag: 2, number: 3, text: 4 } as const

/** What is added to the type of a value that is an element of an array. */
export const elementOffset = 8

/** What the value at a path is; `largeNumber`: one that no double stands for alone. */
export const jsonKeyKinds = {
  flag: 1,
  number: 2,
  text: 3,
  array: 4,
  object: 5,
  /** Beside array or object: with nothing but nulls in it, so that it does not exist. */
  void: 6,
  largeNumber: 7,
  /** Of elements. */
  largeElement: 8,
} as const

export function jsonPathKey(path: readonly string[]): Uint8Array {
  return Buffer.from(`\0${JSON.stringify(path)}`, 'utf8')
}

/** The bytes that all values of a type at a path begin with, and room for some more. */
export function jsonKeyOf(type: number, pathNumber: number, valueBytes = 0): Buffer {
  const key = Buffer.alloc(5 + valueBytes)
  key[0] = type
  key.writeUInt32BE(pathNumber, 1)
  return key
}

export function jsonNumberKey(type: number, pathNumber: number, number: number): Buffer {
  const key = jsonKeyOf(type, pathNumber, 8)
  writeSortedDouble(key, 5, number)
  return key
}

/** Writes 8 bytes that sort as doubles do; −0 is 0. */
export function writeSortedDouble(bytes: Buffer, at: number, number: number): void {
  bytes.writeDoubleBE(number + 0, at)
  const flip = bytes[at] >= 0x80 ? 0xff : 0
  for (let place = at; place < at + 8; place++) bytes[place] ^= flip
  if (flip === 0) bytes[at] |= 0x80
}
