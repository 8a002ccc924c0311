import { type ByteCursor, SyntaxFault } from './byte-cursor.js'

/** As deep as a value may be nested. */
const depthMax = 256

const beginOfValue = 'looking for beginning of value'

/** Skips white space and returns the byte behind it. */
export function skipSpace(cursor: ByteCursor): number {
  const { bytes } = cursor
  let position = cursor.position
  let byte = bytes[position]
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++position]
  cursor.position = position
  return byte
}

/** Scans a string, whose opening quote is here, and leaves its range and its kind in the cursor. */
export function scanString(cursor: ByteCursor): void {
  const { bytes } = cursor
  let position = cursor.position + 1
  let seen = 0
  cursor.stringBegin = position
  cursor.hasEscapes = false
  for (;;) {
    let byte = bytes[position]
    while (isPlain[byte] === 1) {
      seen |= byte
      byte = bytes[++position]
    }
    if (byte === 0x22) break
    if (byte !== 0x5c) {
      throw new SyntaxFault(position, 'a character of a string', 'in string literal')
    }
    cursor.hasEscapes = true
    position = endOfEscape(bytes, position)
  }
  cursor.stringEnd = position
  cursor.isUtf8 = seen < 0x80 || cursor.isAllUtf8
  cursor.position = position + 1
}

/** What stands for itself in a string. */
const isPlain = new Uint8Array(256).fill(1, 0x20)
isPlain[0x22] = 0
isPlain[0x5c] = 0

function endOfEscape(bytes: Uint8Array, position: number): number {
  const byte = bytes[position + 1]
  if (byte === 0x75) {
    for (let index = position + 2; index < position + 6; index++) {
      if (!isHexDigit(bytes[index])) {
        throw new SyntaxFault(index, 'a hexadecimal digit', 'in \\u hexadecimal character escape')
      }
    }
    return position + 6
  }
  if (isEscape[byte] === 0) {
    throw new SyntaxFault(position + 1, 'one of "\\/bfnrtu', 'in string escape code')
  }
  return position + 2
}

function isHexDigit(byte: number): boolean {
  const letter = byte | 0x20
  return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x66)
}

const isEscape = new Uint8Array(256)
for (const byte of Buffer.from('"\\/bfnrt')) isEscape[byte] = 1

/**
 * Skips a value of any kind and checks its grammar. NaN and the infinities, which are no JSON but written
 * by many, are passed where only the end of a broken row is wanted.
 */
export function skipValue(cursor: ByteCursor, isLenient = false, depth = 0): void {
  const byte = skipSpace(cursor)
  if (byte === 0x22) scanString(cursor)
  else if (byte === 0x7b) skipObject(cursor, isLenient, depth + 1)
  else if (byte === 0x5b) skipList(cursor, isLenient, depth + 1)
  else if (byte === 0x74) skipWord(cursor, 'true')
  else if (byte === 0x66) skipWord(cursor, 'false')
  else if (byte === 0x6e) skipWord(cursor, 'null')
  else if (isLenient && isNonFiniteAt(cursor)) skipNonFinite(cursor)
  else skipNumber(cursor)
}

/** Whether NaN, Infinity or -Infinity begins here. */
export function isNonFiniteAt({ bytes, position }: ByteCursor): boolean {
  const at = bytes[position] === 0x2d ? position + 1 : position
  return bytes[at] === 0x49 || (bytes[at] === 0x4e && at === position)
}

function skipNonFinite(cursor: ByteCursor): void {
  if (cursor.bytes[cursor.position] === 0x2d) cursor.position++
  skipWord(cursor, cursor.bytes[cursor.position] === 0x4e ? 'NaN' : 'Infinity')
}

export function skipWord(cursor: ByteCursor, word: string): void {
  const { bytes, position } = cursor
  for (let index = 0; index < word.length; index++) {
    if (bytes[position + index] === word.charCodeAt(index)) continue
    const expected = `'${word[index]}'`
    const context = index === 0 ? beginOfValue : `in literal ${word} (expecting ${expected})`
    throw new SyntaxFault(position + index, expected, context)
  }
  cursor.position = position + word.length
}

function skipObject(cursor: ByteCursor, isLenient: boolean, depth: number): void {
  refuseDepth(cursor, depth)
  for (let more = openObject(cursor); more; more = nextMember(cursor)) {
    scanKey(cursor)
    skipValue(cursor, isLenient, depth)
  }
}

function skipList(cursor: ByteCursor, isLenient: boolean, depth: number): void {
  refuseDepth(cursor, depth)
  for (let more = openList(cursor); more; more = nextElement(cursor)) {
    skipValue(cursor, isLenient, depth)
  }
}

function refuseDepth(cursor: ByteCursor, depth: number): void {
  if (depth <= depthMax) return
  throw new SyntaxFault(
    cursor.position,
    `at most ${depthMax} levels of nesting`,
    'exceeded max depth',
  )
}

/** Passes a `{`, and the `}` of an empty object. Returns whether a key comes. */
export function openObject(cursor: ByteCursor): boolean {
  cursor.position++
  if (skipSpace(cursor) !== 0x7d) return true
  cursor.position++
  return false
}

/** Scans a key and passes the colon behind it. */
export function scanKey(cursor: ByteCursor): void {
  if (skipSpace(cursor) !== 0x22) {
    throw new SyntaxFault(
      cursor.position,
      'a key in quotes',
      'looking for beginning of object key string',
    )
  }
  scanString(cursor)
  passColon(cursor)
}

export function passColon(cursor: ByteCursor): void {
  if (skipSpace(cursor) !== 0x3a) throw new SyntaxFault(cursor.position, "':'", 'after object key')
  cursor.position++
}

/** Passes the comma or the `}` behind a member. Returns whether a key comes. */
export function nextMember(cursor: ByteCursor): boolean {
  const byte = skipSpace(cursor)
  if (byte !== 0x2c && byte !== 0x7d) {
    throw new SyntaxFault(cursor.position, "',' or '}'", 'after object key:value pair')
  }
  cursor.position++
  return byte === 0x2c
}

/** Passes a `[`, and the `]` of an empty list. Returns whether an element comes. */
export function openList(cursor: ByteCursor): boolean {
  cursor.position++
  if (skipSpace(cursor) !== 0x5d) return true
  cursor.position++
  return false
}

/** Passes the comma or the `]` behind an element. Returns whether an element comes. */
export function nextElement(cursor: ByteCursor): boolean {
  const byte = skipSpace(cursor)
  if (byte !== 0x2c && byte !== 0x5d) {
    throw new SyntaxFault(cursor.position, "',' or ']'", 'after array element')
  }
  cursor.position++
  return byte === 0x2c
}

function skipNumber(cursor: ByteCursor): void {
  const { bytes } = cursor
  let position = cursor.position
  if (bytes[position] === 0x2d) position++
  if (bytes[position] === 0x30) position++
  else position = skipDigits(bytes, position, beginOfValue)
  if (bytes[position] === 0x2e) position = skipDigits(bytes, position + 1, afterPoint)
  if ((bytes[position] | 0x20) === 0x65) {
    const sign = bytes[position + 1]
    const digits = sign === 0x2b || sign === 0x2d ? position + 2 : position + 1
    position = skipDigits(bytes, digits, inExponent)
  }
  cursor.position = position
}

const afterPoint = 'after decimal point in numeric literal'
const inExponent = 'in exponent of numeric literal'

function skipDigits(bytes: Uint8Array, begin: number, context: string): number {
  let position = begin
  while (bytes[position] >= 0x30 && bytes[position] <= 0x39) position++
  if (position > begin) return position
  throw new SyntaxFault(position, context === beginOfValue ? 'a value' : 'a digit', context)
}

/** Whether one JSON value and nothing else lies between the cursor and its end. */
export function isOneValue(cursor: ByteCursor): boolean {
  try {
    skipValue(cursor)
    skipSpace(cursor)
    return cursor.position === cursor.end
  } catch (fault) {
    if (fault instanceof SyntaxFault) return false
    throw fault
  }
}
