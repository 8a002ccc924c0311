import fc from 'fast-check'
import type { Row } from './fixture.js'

const int64Edges = [
  0n,
  1n,
  -1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
]
const int64 = fc.oneof(
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constantFrom(...int64Edges),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const double = fc.oneof(
  fc.constantFrom(0, -0, 0.1, 1.5, -1.5, 1, 2, 1e300, -1e300, 5e-324, 2 ** 53),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const text = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'abc', 'é', '𝒳', '\uffee', 'a%b', 'x_y'),
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '𝒳'), maxLength: 5 }),
)
const intOf = (bits: number) =>
  fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
  )
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 4 })

const scalar = fc.oneof(int64, double, text, fc.boolean(), fc.constant(null))
const json = fc.dictionary(
  fc.constantFrom('a', 'b', 'color', 'a"\n', '0'),
  fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))),
  ),
)
/** A row of the schema `everyType`. */
export const row: fc.Arbitrary<Row> = fc.record({
  id: int64,
  flag: orNull(fc.boolean()),
  tiny: orNull(intOf(8)),
  short: orNull(intOf(16)),
  int: orNull(intOf(32)),
  long: orNull(int64),
  float: orNull(double.map((value) => Math.max(-3e38, Math.min(3e38, value)))),
  double: orNull(double),
  name: orNull(text),
  numbers: orNull(fc.array(int64, { maxLength: 4 })),
  words: orNull(fc.array(text, { maxLength: 4 })),
  doc: orNull(json),
  vector: fc.constant([0, 1]),
  $meta: json,
}) as fc.Arbitrary<Row>

const quoted = (value: string) => JSON.stringify(value)
const textLiteral = text.map(quoted)
const numberLiteral = fc.oneof(
  int64.map(String),
  double.filter((value) => Number.isFinite(value)).map((value) => value.toExponential()),
)
const flagLiteral = fc.constantFrom('true', 'false')
const integerField = fc.constantFrom(
  'id',
  'tiny',
  'short',
  'int',
  'long',
  'numbers[0]',
  'numbers[2]',
)
const numberField = fc.oneof(
  integerField,
  fc.constantFrom('float', 'double', 'array_length(words)'),
)
const textField = fc.constantFrom('name', 'words[1]')
const jsonPath = fc.constantFrom(
  'doc["a"]',
  'doc["b"]["a"]',
  'doc["a"][1]',
  "doc['0']",
  'doc[0]',
  'doc["a\\"\\n"]',
  'color',
  '$meta["a"]',
  'a["b"]',
)
const op = fc.constantFrom('==', '!=', '<', '<=', '>', '>=')
const equality = fc.constantFrom('==', '!=')
const inOp = fc.constantFrom('in', 'not in')
const listOf = (item: fc.Arbitrary<string>) =>
  fc.array(item, { maxLength: 5 }).map((items) => `[${items.join(', ')}]`)
const joined = (...parts: fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((words) => words.join(' '))
const word = (text: string) => fc.constant(text)
const pattern = fc
  .array(fc.constantFrom('%', '_', 'a', 'b', 'é', '\\\\%', '\\\\_', '.'), { maxLength: 5 })
  .map((parts) => `"${parts.join('')}"`)
const regex = fc
  .tuple(
    fc.constantFrom('', '^'),
    fc.array(fc.constantFrom('.', 'a', 'b', 'é+', '[^a]', '(a|c)', 'x?', '𝒳', '%'), {
      maxLength: 4,
    }),
    fc.constantFrom('', '$'),
  )
  .map(([begin, parts, end]) => `"${begin}${parts.join('')}${end}"`)
const smallLiteral = fc.constantFrom('1', '2', '-3', '1.5', '9223372036854775807', '0.1')
const arithmetic = fc.oneof(
  joined(numberField, fc.constantFrom('+', '-', '*', '/', '%'), smallLiteral),
  joined(word('('), integerField, fc.constantFrom('&', '|', '^'), word('2 )')),
  joined(integerField, fc.constantFrom('<<', '>>'), fc.constantFrom('1', '63', '-3')),
)
const call = (name: string, list: fc.Arbitrary<string>, wanted: fc.Arbitrary<string>) =>
  fc.tuple(list, wanted).map(([first, second]) => `${name}(${first}, ${second})`)
const jsonLiteral = fc.oneof(numberLiteral, textLiteral, flagLiteral)

const leaf = fc.oneof(
  joined(numberField, op, numberLiteral),
  joined(numberLiteral, op, numberField),
  joined(
    smallLiteral,
    fc.constantFrom('<', '<='),
    numberField,
    fc.constantFrom('<', '<='),
    numberLiteral,
  ),
  joined(numberField, inOp, listOf(numberLiteral)),
  joined(arithmetic, op, numberLiteral),
  joined(numberField, op, numberField),
  joined(textField, op, textLiteral),
  joined(textField, inOp, listOf(textLiteral)),
  joined(fc.oneof(textField, jsonPath), word('like'), pattern),
  joined(fc.oneof(textField, jsonPath), fc.constantFrom('=~', '!~'), regex),
  joined(word('flag'), equality, flagLiteral),
  joined(word('flag'), inOp, listOf(flagLiteral)),
  word('flag'),
  joined(jsonPath, op, fc.oneof(numberLiteral, textLiteral)),
  joined(jsonPath, equality, flagLiteral),
  joined(jsonPath, inOp, listOf(jsonLiteral)),
  joined(jsonPath, word('+ 1'), op, numberLiteral),
  joined(word('exists'), jsonPath),
  joined(
    fc.oneof(jsonPath, word('name'), word('numbers'), word('id')),
    fc.constantFrom('is null', 'is not null'),
  ),
  call('array_contains', word('numbers'), int64.map(String)),
  call('array_contains_any', word('words'), listOf(textLiteral)),
  call('ARRAY_CONTAINS_ALL', word('numbers'), listOf(int64.map(String))),
  call('json_contains', jsonPath, jsonLiteral),
  call('json_contains_any', jsonPath, listOf(jsonLiteral)),
  call('json_contains_all', jsonPath, listOf(jsonLiteral)),
  joined(
    fc.constantFrom('array_length(doc["a"])', 'array_length(numbers)'),
    op,
    fc.constantFrom('0', '1', '2'),
  ),
)

/** A filter on such rows, of any kind. */
export const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('expression'), fc.constantFrom('and', '||', '&&', 'or'), tie('expression'))
      .map(([left, between, right]) => `(${left}) ${between} (${right})`),
    fc
      .tuple(fc.constantFrom('not', '!'), tie('expression'))
      .map(([not, inner]) => `${not} (${inner})`),
  ),
}))
