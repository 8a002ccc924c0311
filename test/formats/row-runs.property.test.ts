import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import { defaultReadOptions, type RejectedRow } from '../../dist/formats/format.js'
import { csvRows } from '../../dist/formats/text/csv-rows.js'
import { jsonLinesRows, jsonRows } from '../../dist/formats/text/json-rows.js'
import { openTextReader } from '../../dist/formats/text/text-reader.js'
import { DataType } from '../../dist/schema/data-type.js'
import { memorySource } from './memory-source.js'
import { field } from './npy-files.js'
import { rowsIn } from './text-files.js'

const plainFields = [
  field('id', DataType.Int64),
  field('bool', DataType.Bool, { nullable: true }),
  field('int8', DataType.Int8, { nullable: true }),
  field('int16', DataType.Int16),
  field('int32', DataType.Int32, { defaultValue: 7 }),
  field('float', DataType.Float, { nullable: true }),
  field('double', DataType.Double),
  field('text', DataType.VarChar, { nullable: true, maxLength: 999 }),
  field('jsön', DataType.JSON, { nullable: true }),
  field('vector', DataType.FloatVector, { dim: 2, nullable: true }),
]
const meta = field('$meta', DataType.JSON, { isDynamic: true })

const mostly = <Value>(usual: fc.Arbitrary<Value>, rare: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 300, arbitrary: usual }, { weight: 1, arbitrary: rare })

const integers = fc.oneof(
  fc.integer({ min: -128, max: 127 }).map(String),
  fc.constantFrom('0', '-0', '9', ' 5 ', '99'),
)
const anyInteger = fc.oneof(
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.constantFrom(
    ...['127', '128', '-128', '-129', '32767', '32768', '-32769', '2147483648', '-2147483648'],
    ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '+3', '007', '1e3'],
    ...['', '-', '1.0', '1x', '12 3', '99999999999999999999'],
  ),
)
const numbers = fc.oneof(
  fc.integer().map((value) => String(value / 12_345.678)),
  fc.tuple(fc.integer(), fc.nat({ max: 6 })).map(([value, digits]) => (value / 7).toFixed(digits)),
)
const anyNumber = fc.oneof(
  fc.float().map(String),
  fc.double().map(String),
  fc.tuple(fc.bigInt(), fc.nat({ max: 400 })).map(([digits, power]) => `${digits}e-${power}`),
  fc.constantFrom('.5', '1.', '-', '1e400', '4e-324', '9007199254740993', '0.1e', 'NaN', '1 2', ''),
)
const words = fc.array(
  fc.constantFrom('a', 'word ', 'é', '漢字', '😀', 'a long one of many bytes ', ' '),
)
const anyText = fc.array(
  fc.constantFrom(
    'a',
    '"',
    '\\',
    '\n',
    '\r\n',
    '\u0001',
    '\t',
    ',',
    '😀',
    '\\u00e9',
    '\ud800',
    '{',
    '/',
  ),
)
const textOf = (parts: fc.Arbitrary<string[]>) => parts.map((each) => each.join(''))
const objects = fc.dictionary(textOf(words), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })

/** A row's values, as JSON and as text; `undefined` is left out, `null` is null. */
const row = fc.record({
  id: mostly(
    fc.oneof(integers, fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)),
    anyInteger,
  ),
  bool: fc.option(
    mostly(fc.constantFrom('true', 'false'), fc.constantFrom('True', 'tru', '1', 'f')),
  ),
  int8: fc.option(mostly(integers, anyInteger)),
  int16: mostly(integers, anyInteger),
  int32: mostly(integers, anyInteger),
  float: fc.option(mostly(numbers, anyNumber)),
  double: mostly(numbers, anyNumber),
  text: fc.option(mostly(textOf(words), textOf(anyText)), { freq: 9 }),
  json: fc.option(
    mostly(
      objects.map((it) => JSON.stringify(it)),
      textOf(anyText),
    ),
  ),
  vector: fc.option(
    mostly(
      fc.tuple(numbers, numbers).map((pair) => `[${pair.join(', ')}]`),
      fc.constantFrom('[1]', '[1,2,3]', '[1,null]', '[1e40,1]', '', '[1,2', '{}'),
    ),
    { freq: 9 },
  ),
  more: fc.record(
    { x: fc.jsonValue({ maxDepth: 1 }), 'y ': textOf(words) },
    { requiredKeys: ['x'] },
  ),
  isSparse: mostly(fc.constant(false), fc.constant(true)),
  order: mostly(fc.constant(0), fc.nat({ max: 9 })),
})
type Row = typeof row extends fc.Arbitrary<infer Value> ? Value : never

function jsonRow({ more, order, isSparse, json, ...values }: Row, space: string): string {
  const members = Object.entries({ ...values, jsön: json })
    .filter(([, value]) => value !== null || !isSparse)
    .map(([key, value]) => {
      const text = value !== null && key === 'text' ? JSON.stringify(value) : value
      return `${JSON.stringify(key)}${space}:${space}${text}`
    })
  const extra = Object.entries(more).map(([key, value]) => {
    return `${JSON.stringify(key)}:${space}${JSON.stringify(value)}`
  })
  const all = [...members, ...extra]
  return `{${[...all.slice(order), ...all.slice(0, order)].join(`,${space}`)}}`
}

function csvRow({ more, json, isSparse, order, ...values }: Row, sep: string): string {
  const cells = [
    ...Object.values({ ...values, json }),
    order === 7 ? JSON.stringify(more.x) : '1 \ud83d\ude00',
    more['y '],
  ]
  const texts = cells.map((cell) => {
    const text = String(cell ?? '')
    const isBare = !/["\r\n]/.test(text) && !text.includes(sep)
    return (isBare && !isSparse) || order === 9 ? text : `"${text.replaceAll('"', '""')}"`
  })
  return (order === 8 ? texts.slice(1) : texts).join(sep)
}

const csvNames = [
  ...['id', 'bool', 'int8', 'int16', 'int32', 'float', 'double', 'text', 'vector', 'jsön'],
  ...['x', 'y '],
]

interface Outcome {
  readonly rows: unknown[]
  readonly rejects: RejectedRow[]
  readonly error: string
  /** Rows that the kernel took. */
  readonly taken: number
}

/** Reads all rows with or without the kernel. */
async function outcomeOf(
  name: string,
  content: string,
  { hasDynamic, windowBytes, sep, hasKernel }: Case & { hasKernel: boolean },
): Promise<Outcome> {
  const source = memorySource(name, Buffer.from(content))
  const fields = hasDynamic ? [...plainFields, meta] : plainFields
  const options = { ...defaultReadOptions, sep }
  const rejects: RejectedRow[] = []
  const part = { begin: 0, end: source.byteLength, bytes: source.byteLength }
  const opened = {
    csv: () => csvRows(source, fields, [], options),
    json: () => jsonRows(source, fields, [], options, false),
    jsonl: () => jsonLinesRows(source, fields, [], options),
  }
  const text = await opened[name.split('.')[1] as 'csv']()
  let taken = 0
  const { runs } = text
  if (runs) {
    const read = runs.read.bind(runs)
    runs.read = (...args) => {
      const count = read(...args)
      taken += count
      return count
    }
  }
  const request = { sources: [source], fields, reserved: [], options, part, from: null }
  const onReject = (rejected: RejectedRow) => void rejects.push(rejected)
  const reader = await openTextReader(
    { ...request, onReject },
    { ...text, runs: hasKernel ? runs : null },
    windowBytes,
  )
  const rows: unknown[] = []
  try {
    for (let batch = await reader.next(); batch; batch = await reader.next()) {
      for (const [index, values] of rowsIn(batch, fields).entries()) {
        rows.push([values, reader.rowOf(index), reader.rawRow?.(index)])
      }
    }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return { rows, rejects, error: error.message, taken }
  }
  rows.push(reader.checkpoint)
  return { rows, rejects, error: '', taken }
}

interface Case {
  readonly hasDynamic: boolean
  readonly windowBytes: number
  readonly sep: string
}

const cases = fc.record({
  hasDynamic: fc.boolean(),
  windowBytes: fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 1, max: 9000 }),
    fc.constant(1 << 20),
  ),
  sep: fc.constantFrom(',', ';', '\t', ' ', '¦'),
})
const rowLists = fc.array(row, { minLength: 1, maxLength: 100, size: 'max' })

describe('the kernel reads rows as they are read one by one', () => {
  it.each(['json', 'jsonl', 'csv'])('in .%s files, whatever the window', async (extension) => {
    let taken = 0
    let rowCount = 0
    await fc.assert(
      fc.asyncProperty(
        rowLists,
        cases,
        fc.constantFrom('\n', '\r\n', '\n\n'),
        fc.constantFrom('', ' '),
        fc.boolean(),
        async (rows, each, lineEnd, space, isEnded) => {
          const end = isEnded ? lineEnd : ''
          const lines = {
            json: () => `\ufeff[${rows.map((it) => jsonRow(it, space)).join(`,${lineEnd}`)}]${end}`,
            jsonl: () => rows.map((it) => jsonRow(it, space)).join(lineEnd) + end,
            csv: () =>
              [csvNames.join(each.sep), ...rows.map((it) => csvRow(it, each.sep))].join(lineEnd) +
              end,
          }
          const content = lines[extension as 'csv']()
          const name = `a.${extension}`
          const kernel = await outcomeOf(name, content, { ...each, hasKernel: true })
          const reference = await outcomeOf(name, content, { ...each, hasKernel: false })
          taken += kernel.taken
          rowCount += kernel.rows.length
          expect({ ...kernel, taken: 0 }).toEqual(reference)
        },
      ),
      { numRuns: 80 },
    )
    // Else nothing was compared.
    expect(taken / rowCount).toBeGreaterThan(0.1)
  })
})
