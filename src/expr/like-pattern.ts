import { Buffer } from 'node:buffer'

/**
 * A pattern of `like`, an element for each byte of text or wildcard: bytes as they are, 256 for `_` (one
 * character), 257 for `%` (any number of them).
 */
export type LikePattern = Int16Array

const oneCharacter = 256
const anyCharacters = 257

/** `\%` and `\_` stand for themselves, like every character after a backslash. */
export function parseLikePattern(text: string): LikePattern {
  const elements: number[] = []
  const bytes = Buffer.from(text, 'utf8')
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0x5c && at + 1 < bytes.length) elements.push(bytes[++at])
    else if (bytes[at] === 0x25) elements.push(anyCharacters)
    else elements.push(bytes[at] === 0x5f ? oneCharacter : bytes[at])
  }
  return Int16Array.from(elements)
}

/** What has a text in it, maybe begins or ends with it. */
export function likeOfLiteral(literal: string, begins: boolean, ends: boolean): LikePattern {
  const bytes = Buffer.from(literal, 'utf8')
  const before = begins ? [] : [anyCharacters]
  const behind = ends ? [] : [anyCharacters]
  return Int16Array.from([...before, ...bytes, ...behind])
}

/**
 * Whether the text `[begin, end)` is like the pattern. Where a match fails, the last `%` takes one byte
 * more; `%` before it never need to be tried again.
 */
export function isLike(
  bytes: Uint8Array,
  begin: number,
  end: number,
  pattern: LikePattern,
): boolean {
  let position = begin
  let element = 0
  let retryElement = -1
  let retryPosition = begin
  while (position < end) {
    const wanted = element < pattern.length ? pattern[element] : -1
    if (wanted === anyCharacters) {
      retryElement = ++element
      if (element === pattern.length) return true
      retryPosition = position
    } else if (wanted === oneCharacter && !isContinuation(bytes[position])) {
      position = characterEnd(bytes, position, end)
      element++
    } else if (wanted === bytes[position]) {
      position++
      element++
    } else if (retryElement >= 0) {
      element = retryElement
      position = ++retryPosition
    } else return false
  }
  while (element < pattern.length && pattern[element] === anyCharacters) element++
  return element === pattern.length
}

/** The bytes that every text like the pattern begins with; whole: it asks for nothing else. */
export function literalPrefix(pattern: LikePattern): { prefix: Uint8Array; isWhole: boolean } {
  let length = 0
  while (length < pattern.length && pattern[length] < oneCharacter) length++
  const isWhole = length === pattern.length - 1 && pattern[length] === anyCharacters
  return { prefix: Uint8Array.from(pattern.subarray(0, length)), isWhole }
}

/** The runs of bytes between wildcards, which every text like the pattern has. */
export function literalsOf(pattern: LikePattern): Uint8Array[] {
  const literals: Uint8Array[] = []
  for (let begin = 0; begin < pattern.length; begin++) {
    let end = begin
    while (end < pattern.length && pattern[end] < oneCharacter) end++
    if (end > begin) literals.push(Uint8Array.from(pattern.subarray(begin, end)))
    begin = end
  }
  return literals
}

function characterEnd(bytes: Uint8Array, position: number, end: number): number {
  let after = position + 1
  while (after < end && isContinuation(bytes[after])) after++
  return after
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}
