import type { JsonScalar, JsonValue } from '../../expr/bound-expr.js'
import type { ColumnTest } from '../../expr/column-test.js'
import {
  elementOffset,
  jsonKeyKinds,
  jsonKeyOf,
  jsonKeyTypes,
  jsonNumberKey,
  jsonPathKey,
} from '../../expr/json-keys.js'
import { truthNot, truthOf } from '../../expr/truth.js'
import {
  markCost,
  textAfter,
  textFrom,
  textsWithPrefix,
  type ValueSpan,
} from '../../indexes/scalar/find-values.js'
import type { ValueIndex } from '../../indexes/scalar/value-index.js'
import { DataType } from '../../schema/data-type.js'
import { foundSpans, spansOf, type ValueSpans } from './index-spans.js'
import type { ScalarIndex } from './scalar-index.js'
import { answerOfSpans, type IndexAnswer, rowsWithSome } from './span-answer.js'

/** A path in an index over all that lies in documents, as the texts of expr/json-keys.ts. */
export class FlatPlace {
  readonly #index: ValueIndex
  readonly #path: number

  private constructor(index: ValueIndex, path: number) {
    this.#index = index
    this.#path = path
  }

  /** Null where no index knows of the path. */
  static find({ field, path }: JsonValue, indexes: readonly ScalarIndex[]): FlatPlace | null {
    for (const { fieldId, json, values } of indexes) {
      if (fieldId !== field.fieldId || json?.cast !== 'JSON') continue
      if (!json.path.every((key, depth) => key === path[depth]?.key)) continue
      const below = path.slice(json.path.length)
      if (pathNumber(values, []) === noPath || mayBeInArray(values, below)) continue
      return new FlatPlace(values, pathNumber(values, keysOf(below)))
    }
    return null
  }

  /** @param dataType Bool or VarChar, as which the value is read */
  test(test: ColumnTest, dataType: DataType): IndexAnswer | null {
    if (dataType === DataType.VarChar) return this.answer([this.#texts(test)], 'text')
    if (test.kind !== 'range' && test.kind !== 'set') return null
    const flags = [0, 1].filter((flag) =>
      test.kind === 'range' ? flag >= test.low && flag <= test.high : test.values.includes(flag),
    )
    return this.answer([this.#exact(flags.map((flag) => this.#flagKey(0, flag)))], 'flag')
  }

  /** @param test of doubles */
  number(test: ColumnTest): IndexAnswer | null {
    if (this.#has('largeNumber')) return null
    const keyOf = (number: number) => jsonNumberKey(jsonKeyTypes.number, this.#path, number)
    if (test.kind === 'set')
      return this.answer([this.#exact([...test.values].map(keyOf))], 'number')
    if (test.kind !== 'range') return null
    const isEmpty = !(test.low <= test.high)
    const begin = textFrom(this.#index, keyOf(test.low))
    const end = textAfter(this.#index, keyOf(test.high))
    return this.answer([foundSpans(isEmpty ? [] : [{ begin, end }])], 'number')
  }

  /** The arrays with an element; null where it is none that is told. */
  element(value: JsonScalar): ValueSpans | null {
    switch (typeof value) {
      case 'boolean':
        return this.#exact([this.#flagKey(elementOffset, Number(value))])
      case 'string': {
        if (value.startsWith('\0[')) return null
        const prefix = jsonKeyOf(jsonKeyTypes.text + elementOffset, this.#path)
        return this.#exact([Buffer.concat([prefix, Buffer.from(value, 'utf8')])])
      }
      default: {
        if (this.#has('largeElement')) return null
        const type = jsonKeyTypes.number + elementOffset
        return this.#exact([jsonNumberKey(type, this.#path, Number(value))])
      }
    }
  }

  exists(): IndexAnswer {
    const present = this.#present()
    const nothing = this.#kind('void')
    const { validity } = this.#index
    const truth = () => {
      const rows = rowsWithSome(this.#index, [present])
      const without = rowsWithSome(this.#index, [nothing])
      for (let at = 0; at < rows.length; at++) rows[at] &= ~without[at]
      return truthOf(rows, validity)
    }
    return { cost: markCost(this.#index, present) + markCost(this.#index, nothing), truth }
  }

  isNull(): IndexAnswer {
    const present = this.#present()
    const truth = () =>
      truthNot({ truth: rowsWithSome(this.#index, [present]), known: null }, this.#index.rowCount)
    return { cost: markCost(this.#index, present), truth }
  }

  /** @param kind what a value must be for the answer to be known */
  answer(
    sets: readonly (ValueSpans | null)[],
    kind: keyof typeof jsonKeyKinds,
  ): IndexAnswer | null {
    const known = () => rowsWithSome(this.#index, [this.#kind(kind)])
    return answerOfSpans(this.#index, sets, known)
  }

  #texts(test: ColumnTest): ValueSpans | null {
    const prefix = jsonKeyOf(jsonKeyTypes.text, this.#path)
    const all = textsWithPrefix(this.#index, prefix)
    const found = spansOf(this.#index, behind(prefix, test))
    return found && { ...found, spans: found.spans.map((span) => clipped(span, all)) }
  }

  #flagKey(offset: number, flag: number): Uint8Array {
    const key = jsonKeyOf(jsonKeyTypes.flag + offset, this.#path, 1)
    key[5] = flag
    return key
  }

  #exact(keys: readonly Uint8Array[]): ValueSpans {
    return foundSpans(keys.map((key) => exactSpan(this.#index, key)))
  }

  #kind(kind: keyof typeof jsonKeyKinds): ValueSpan {
    return kindSpan(this.#index, this.#path, kind)
  }

  #has(kind: keyof typeof jsonKeyKinds): boolean {
    const { begin, end } = this.#kind(kind)
    return begin < end
  }

  /** All kinds. */
  #present(): ValueSpan {
    return textsWithPrefix(this.#index, jsonKeyOf(jsonKeyTypes.kind, this.#path))
  }
}

/** A step of digits leads to an element where there is an array. */
function mayBeInArray(index: ValueIndex, below: JsonValue['path']): boolean {
  return below.some((step, depth) => {
    if (step.index < 0) return false
    const { begin, end } = kindSpan(
      index,
      pathNumber(index, keysOf(below.slice(0, depth))),
      'array',
    )
    return begin < end
  })
}

function keysOf(path: JsonValue['path']): string[] {
  return path.map(({ key }) => key)
}

/** Of a path that no document has. */
const noPath = 0xffffffff

/** Paths come first in the index, so that a path's place is its number. */
function pathNumber(index: ValueIndex, keys: readonly string[]): number {
  const { begin, end } = exactSpan(index, jsonPathKey(keys))
  return begin < end ? begin : noPath
}

function kindSpan(index: ValueIndex, path: number, kind: keyof typeof jsonKeyKinds): ValueSpan {
  const key = jsonKeyOf(jsonKeyTypes.kind, path, 1)
  key[5] = jsonKeyKinds[kind]
  return exactSpan(index, key)
}

function exactSpan(index: ValueIndex, key: Uint8Array): ValueSpan {
  return { begin: textFrom(index, key), end: textAfter(index, key) }
}

function clipped({ begin, end }: ValueSpan, to: ValueSpan): ValueSpan {
  const from = Math.min(Math.max(begin, to.begin), to.end)
  return { begin: from, end: Math.max(from, Math.min(end, to.end)) }
}

/** A test of texts as one of keys that begin with a prefix. */
function behind(prefix: Uint8Array, test: ColumnTest): ColumnTest {
  const keyOf = (bytes: Uint8Array) => Buffer.concat([prefix, bytes])
  switch (test.kind) {
    case 'text':
      return { ...test, bytes: keyOf(test.bytes) }
    case 'textSet':
      return { ...test, values: test.values.map(keyOf) }
    case 'like':
      return { ...test, pattern: Int16Array.of(...prefix, ...test.pattern) }
    default:
      return test
  }
}
