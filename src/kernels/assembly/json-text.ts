// The grammar of JSON over a text whose end no value can pass: a zero follows it. Each function returns where what it
// reads ends, or 0 where there is none of it.

const QUOTE: u32 = 0x22
const BACKSLASH: u32 = 0x5c
/** As deep as a value may be nested. */
const DEPTH_MAX: i32 = 256

@inline
export function skipSpace(at: usize): usize {
  let byte = <u32>load<u8>(at)
  while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) byte = load<u8>(++at)
  return at
}

export function skipValue(at: usize, depth: i32 = 0): usize {
  switch (<u32>load<u8>(at)) {
    case QUOTE:
      return skipString(at)
    case 0x7b:
      return skipObject(at, depth + 1)
    case 0x5b:
      return skipList(at, depth + 1)
    case 0x74:
    case 0x66:
    case 0x6e:
      return skipWord(at)
    default:
      return skipNumber(at)
  }
}

/** Goes behind `true`, `false` or `null`. */
export function skipWord(at: usize): usize {
  const word = load<u32>(at)
  if (word == 0x65757274 || word == 0x6c6c756e) return at + 4
  return word == 0x736c6166 && <u32>load<u8>(at + 4) == 0x65 ? at + 5 : 0
}

function skipObject(at: usize, depth: i32): usize {
  if (depth > DEPTH_MAX) return 0
  at = skipSpace(at + 1)
  if (<u32>load<u8>(at) == 0x7d) return at + 1
  while (true) {
    if (<u32>load<u8>(at) != QUOTE) return 0
    at = skipString(at)
    if (at == 0) return 0
    at = skipSpace(at)
    if (<u32>load<u8>(at) != 0x3a) return 0
    at = skipValue(skipSpace(at + 1), depth)
    if (at == 0) return 0
    at = skipSpace(at)
    const byte = <u32>load<u8>(at++)
    if (byte == 0x7d) return at
    if (byte != 0x2c) return 0
    at = skipSpace(at)
  }
}

function skipList(at: usize, depth: i32): usize {
  if (depth > DEPTH_MAX) return 0
  at = skipSpace(at + 1)
  if (<u32>load<u8>(at) == 0x5d) return at + 1
  while (true) {
    at = skipValue(at, depth)
    if (at == 0) return 0
    at = skipSpace(at)
    const byte = <u32>load<u8>(at++)
    if (byte == 0x5d) return at
    if (byte != 0x2c) return 0
    at = skipSpace(at)
  }
}

export function skipString(at: usize): usize {
  at++
  while (true) {
    const marks = stringMarks(v128.load(at))
    if (marks == 0) {
      at += 16
      continue
    }
    at += ctz(marks)
    const byte = <u32>load<u8>(at)
    if (byte == QUOTE) return at + 1
    if (byte != BACKSLASH) return 0
    at = skipEscape(at)
    if (at == 0) return 0
  }
}

/** What does not stand for itself in a string: quotes, backslashes, control characters. */
@inline
export function stringMarks(bytes: v128): i32 {
  const ends = v128.or(
    i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)),
    i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH)),
  )
  return i8x16.bitmask(v128.or(ends, i8x16.lt_u(bytes, i8x16.splat(0x20))))
}

function skipEscape(at: usize): usize {
  const byte = <u32>load<u8>(at + 1)
  if (byte == 0x75) return unitAt(at + 2) < 0 ? 0 : at + 6
  return meaningOf(byte) == 0 ? 0 : at + 2
}

/** The character that a letter behind a backslash stands for, or 0. */
function meaningOf(letter: u32): u32 {
  switch (letter) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return letter
    case 0x62:
      return 0x08
    case 0x66:
      return 0x0c
    case 0x6e:
      return 0x0a
    case 0x72:
      return 0x0d
    case 0x74:
      return 0x09
    default:
      return 0
  }
}

/** Four hexadecimal digits, or −1. */
function unitAt(at: usize): i32 {
  let unit: i32 = 0
  for (let index: usize = 0; index < 4; index++) {
    const byte = <u32>load<u8>(at + index)
    let digit = byte - 0x30
    if (digit > 9) {
      digit = (byte | 0x20) - 0x61
      if (digit > 5) return -1
      digit += 10
    }
    unit = (unit << 4) | <i32>digit
  }
  return unit
}

/** Where in the target the string ended that was copied last. */
export let copyEnd: usize = 0

/**
 * Copies what a string means to `target`. It stops where less than 16 bytes are left before `targetEnd`; half of a
 * surrogate pair is left to the caller.
 */
export function copyString(at: usize, target: usize, targetEnd: usize): usize {
  at++
  while (true) {
    if (target + 16 > targetEnd) return 0
    const bytes = v128.load(at)
    v128.store(target, bytes)
    const marks = stringMarks(bytes)
    if (marks == 0) {
      at += 16
      target += 16
      continue
    }
    at += ctz(marks)
    target += ctz(marks)
    const byte = <u32>load<u8>(at)
    if (byte == QUOTE) {
      copyEnd = target
      return at + 1
    }
    if (byte != BACKSLASH) return 0
    if (target + 16 > targetEnd) return 0
    at = copyEscape(at, target)
    if (at == 0) return 0
    target = copyEnd
  }
}

function copyEscape(at: usize, target: usize): usize {
  const letter = <u32>load<u8>(at + 1)
  if (letter == 0x75) return copyCodePoint(at + 2, target)
  const meaning = meaningOf(letter)
  if (meaning == 0) return 0
  store<u8>(target, meaning)
  copyEnd = target + 1
  return at + 2
}

function copyCodePoint(at: usize, target: usize): usize {
  const unit = unitAt(at)
  if (unit < 0) return 0
  if ((unit & 0xf800) != 0xd800) {
    copyEnd = encode(unit, target)
    return at + 4
  }
  if ((unit & 0xfc00) != 0xd800 || <u32>load<u16>(at + 4) != 0x755c) return 0
  const low = unitAt(at + 6)
  if (low < 0 || (low & 0xfc00) != 0xdc00) return 0
  copyEnd = encode(0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff), target)
  return at + 10
}

/** Writes a code point as UTF-8 and returns its end. */
function encode(codePoint: i32, target: usize): usize {
  if (codePoint < 0x80) {
    store<u8>(target, codePoint)
    return target + 1
  }
  if (codePoint < 0x800) {
    store<u8>(target++, 0xc0 | (codePoint >> 6))
  } else {
    if (codePoint < 0x10000) {
      store<u8>(target++, 0xe0 | (codePoint >> 12))
    } else {
      store<u8>(target++, 0xf0 | (codePoint >> 18))
      store<u8>(target++, 0x80 | ((codePoint >> 12) & 0x3f))
    }
    store<u8>(target++, 0x80 | ((codePoint >> 6) & 0x3f))
  }
  store<u8>(target, 0x80 | (codePoint & 0x3f))
  return target + 1
}

function skipNumber(at: usize): usize {
  if (<u32>load<u8>(at) == 0x2d) at++
  if (<u32>load<u8>(at) == 0x30) at++
  else at = skipDigits(at)
  if (at != 0 && <u32>load<u8>(at) == 0x2e) at = skipDigits(at + 1)
  if (at != 0 && (<u32>load<u8>(at) | 0x20) == 0x65) {
    const sign = <u32>load<u8>(at + 1)
    at = skipDigits(sign == 0x2b || sign == 0x2d ? at + 2 : at + 1)
  }
  return at
}

@inline
function skipDigits(at: usize): usize {
  const begin = at
  while (<u32>load<u8>(at) - 0x30 <= 9) at++
  return at == begin ? 0 : at
}
