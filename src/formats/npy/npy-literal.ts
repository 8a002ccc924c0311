import { MillraceError } from '../../errors.js'

/** A Python literal of the few kinds that a .npy header is made of. */
type PythonLiteral = string | number | boolean | PythonSequence

interface PythonSequence {
  readonly kind: 'tuple' | 'list'
  readonly items: readonly PythonLiteral[]
}

/** One value of a dict, with the text it was written as. */
export interface PythonEntry {
  readonly value: PythonLiteral
  readonly text: string
}

const depthMax = 16

/**
 * The dict that a text is, with string keys: `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
 * Nothing is evaluated: what is not such a literal is refused.
 * @throws importFailed naming the character, what was expected and what was found
 */
export function parsePythonDict(text: string): ReadonlyMap<string, PythonEntry> {
  const parser = new LiteralParser(text)
  const entries = parser.parseDict()
  parser.expectEnd()
  return entries
}

class LiteralParser {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  parseDict(): ReadonlyMap<string, PythonEntry> {
    const entries = new Map<string, PythonEntry>()
    this.#expect('{')
    while (!this.#take('}')) {
      const key = this.#parseString()
      if (entries.has(key)) throw failure(`the key '${key}' is there twice`)
      this.#expect(':')
      entries.set(key, this.#parseEntry())
      if (!this.#take(',')) {
        this.#expect('}')
        break
      }
    }
    return entries
  }

  expectEnd(): void {
    this.#skipSpace()
    if (this.#position < this.#text.length) throw this.#unexpected('the end')
  }

  #parseEntry(): PythonEntry {
    this.#skipSpace()
    const begin = this.#position
    const value = this.#parseValue(0)
    return { value, text: this.#text.slice(begin, this.#position) }
  }

  #parseValue(depth: number): PythonLiteral {
    if (depth > depthMax) throw failure(`nested deeper than ${depthMax}`)
    this.#skipSpace()
    const first = this.#text.charAt(this.#position)
    if (first === '(') return this.#parseTuple(depth)
    if (first === '[') return { kind: 'list', items: this.#parseItems('[', ']', depth).items }
    if (first === "'" || first === '"') return this.#parseString()
    return this.#parseWord()
  }

  /** One item in parentheses without a comma is that item, as in Python. */
  #parseTuple(depth: number): PythonLiteral {
    const { items, endsWithComma } = this.#parseItems('(', ')', depth)
    return items.length === 1 && !endsWithComma ? items[0] : { kind: 'tuple', items }
  }

  #parseItems(open: string, close: string, depth: number) {
    const items: PythonLiteral[] = []
    let endsWithComma = false
    this.#expect(open)
    while (!this.#take(close)) {
      items.push(this.#parseValue(depth + 1))
      endsWithComma = this.#take(',')
      if (!endsWithComma) {
        this.#expect(close)
        break
      }
    }
    return { items, endsWithComma }
  }

  /** Escapes stay as they are written: no name that has one is ever used. */
  #parseString(): string {
    this.#skipSpace()
    const quote = this.#text.charAt(this.#position)
    if (quote !== "'" && quote !== '"') throw this.#unexpected('a string')
    const begin = this.#position + 1
    for (let end = begin; end < this.#text.length; end++) {
      const character = this.#text.charAt(end)
      if (character === '\n') break
      if (character === '\\') end++
      if (character !== quote) continue
      this.#position = end + 1
      return this.#text.slice(begin, end)
    }
    throw this.#unexpected('a string that ends')
  }

  #parseWord(): number | boolean {
    word.lastIndex = this.#position
    const found = word.exec(this.#text)
    if (!found) throw this.#unexpected('a value')
    this.#position = word.lastIndex
    if (found[0] === 'True' || found[0] === 'False') return found[0] === 'True'
    return Number(found[1])
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw this.#unexpected(`'${character}'`)
  }

  #take(character: string): boolean {
    this.#skipSpace()
    if (this.#text.charAt(this.#position) !== character) return false
    this.#position++
    return true
  }

  #skipSpace(): void {
    space.lastIndex = this.#position
    space.exec(this.#text)
    this.#position = space.lastIndex
  }

  #unexpected(expected: string): MillraceError {
    const rest = this.#text.slice(this.#position, this.#position + 20)
    const found = rest === '' ? 'the end' : JSON.stringify(rest)
    return failure(`expected ${expected} at character ${this.#position}, got ${found}`)
  }
}

const space = /[ \t\n\r\f]*/y

/** Python 2 wrote long integers as `10L`. */
const word = /True\b|False\b|(-?\d+)L?(?![\w.])/y

function failure(message: string): MillraceError {
  return new MillraceError('importFailed', `npy: invalid header: ${message}`)
}
