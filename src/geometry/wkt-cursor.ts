/** What is wrong with a text, in the words of Milvus's parser. */
export class WktFault extends Error {}

/** Reads the words, numbers and signs of well-known text, one after the other. */
export class WktCursor {
  readonly #text: string
  /** Where what was read last begins: the place that an error names. */
  #begin = 0
  #position = 0
  #value = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The next word in capital letters, '' where no letter comes. */
  word(): string {
    this.#skipSpaces()
    this.#begin = this.#position
    while (isLetter(this.#text.charCodeAt(this.#position))) this.#position++
    return this.#text.slice(this.#begin, this.#position).toUpperCase()
  }

  /** Takes one letter, in any case, where it comes next. */
  takesLetter(letter: string): boolean {
    if (this.#text[this.#position]?.toUpperCase() !== letter) return false
    this.#position++
    return true
  }

  /** Takes a sign where it comes next. */
  takes(sign: '(' | ')' | ','): boolean {
    this.#skipSpaces()
    this.#begin = this.#position
    if (this.#text[this.#position] !== sign) return false
    this.#position++
    return true
  }

  /** Takes EMPTY where it comes next. */
  takesEmpty(): boolean {
    this.#skipSpaces()
    if (!isLetter(this.#text.charCodeAt(this.#position))) return false
    const word = this.word()
    if (word === 'EMPTY') return true
    throw this.unexpected(word)
  }

  skipSpaces(): void {
    this.#skipSpaces()
  }

  /** Appends the numbers that follow. @returns how many */
  numbers(into: number[]): number {
    let count = 0
    for (;;) {
      this.#skipSpaces()
      if (!isNumeral(this.#text.charCodeAt(this.#position))) return count
      into.push(this.#number())
      count++
    }
  }

  expect(sign: '(' | ')' | ','): void {
    if (!this.takes(sign)) throw this.unexpected()
  }

  expectEnd(): void {
    this.#skipSpaces()
    this.#begin = this.#position
    if (this.#position < this.#text.length) throw this.unexpected()
  }

  /** @param found what was read last; left out: what comes next */
  unexpected(found = this.#text[this.#position] ?? 'end of text'): WktFault {
    return this.fault(`unexpected ${found}`)
  }

  fault(problem: string): WktFault {
    const before = this.#text.slice(0, this.#begin).split('\n')
    const place = `line ${before.length}, pos ${before.at(-1)!.length}`
    return new WktFault(`syntax error: ${problem} at ${place}`)
  }

  #number(): number {
    this.#begin = this.#position
    if (this.#plainNumber()) return this.#value
    while (isNumeral(this.#text.charCodeAt(this.#position))) this.#position++
    const numeral = this.#text.slice(this.#begin, this.#position)
    const value = numeralPattern.test(numeral) ? Number(numeral) : Number.NaN
    if (!Number.isFinite(value)) throw this.fault('invalid number')
    return value
  }

  /** A number of few digits without an exponent, as most are. @returns whether it is one */
  #plainNumber(): boolean {
    const text = this.#text
    const isNegative = text.charCodeAt(this.#begin) === 0x2d
    const first = isNegative ? this.#begin + 1 : this.#begin
    let at = first
    let digits = 0
    let point = -1
    for (; ; at++) {
      const code = text.charCodeAt(at)
      if (code >= 0x30 && code <= 0x39) digits = digits * 10 + code - 0x30
      else if (code === 0x2e && point < 0) point = at
      else if (isNumeral(code)) return false
      else break
    }
    const decimals = point < 0 ? 0 : at - point - 1
    if (at - first > exactDigits || at - first === (point < 0 ? 0 : 1)) return false
    const value = digits / exactPowers[decimals]
    this.#value = isNegative ? -value : value
    this.#position = at
    return true
  }

  #skipSpaces(): void {
    while (isSpace(this.#text.charCodeAt(this.#position))) this.#position++
  }
}

/** Up to 15 digits are exact in doubles, and so is one division by a power of ten of that size. */
const exactDigits = 15
const exactPowers = Float64Array.from({ length: 16 }, (_, power) => Number(`1e${power}`))

const numeralPattern = /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}

/** A digit, `+`, `-`, `.`, `e` or `E`. */
function isNumeral(code: number): boolean {
  if (code >= 0x30 && code <= 0x39) return true
  return code === 0x2d || code === 0x2e || code === 0x2b || (code | 0x20) === 0x65
}
