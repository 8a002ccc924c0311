// Follows the brackets of a JSON text, a part of it at a time.

const QUOTE: u32 = 0x22
const BACKSLASH: u32 = 0x5c
/** With this bit, `[` is `{` and `]` is `}`. */
const CASE: u32 = 0x20
const OPEN: u32 = 0x7b
const CLOSE: u32 = 0x7d

let depth: i32 = 0
let isInString = false
/** The next byte belongs to an escape. */
let isEscaped = false

/** The text that comes is outside of strings. Its depth is 0. */
export function startDepth(): void {
  depth = 0
  isInString = false
  isEscaped = false
}

export function currentDepth(): i32 {
  return depth
}

/**
 * Follows `count` bytes, behind which 15 more may be read.
 * @returns the index of the first bracket that leads below `floor`, where it stops, or −1
 */
export function followDepth(text: usize, count: u32, floor: i32): i32 {
  for (let begin: u32 = 0; begin < count; begin += 16) {
    let marks = marksOf(v128.load(text + begin))
    if (isEscaped) {
      isEscaped = false
      marks &= ~1
    }
    if (count - begin < 16) marks &= (1 << (count - begin)) - 1
    while (marks != 0) {
      const at = <u32>ctz(marks)
      marks &= marks - 1
      const byte = <u32>load<u8>(text + begin + at)
      if (byte == BACKSLASH) {
        if (at == 15) isEscaped = true
        else marks &= ~(1 << (at + 1))
      } else if (byte == QUOTE) {
        isInString = !isInString
      } else if (!isInString) {
        depth += (byte | CASE) == OPEN ? 1 : -1
        if (depth < floor) return begin + at
      }
    }
  }
  return -1
}

function marksOf(bytes: v128): i32 {
  const cased = v128.or(bytes, i8x16.splat(<i8>CASE))
  const brackets = v128.or(
    i8x16.eq(cased, i8x16.splat(<i8>OPEN)),
    i8x16.eq(cased, i8x16.splat(<i8>CLOSE)),
  )
  const strings = v128.or(
    i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)),
    i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH)),
  )
  return i8x16.bitmask(v128.or(brackets, strings))
}
