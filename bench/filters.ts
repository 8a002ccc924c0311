// npm run bench -- filters [--rows 1000000] [--runs 41]
// What a filter takes over one segment in memory, from the bound expression to the bitmap: by looking at every
// row, and by an index; beside a copy of the int64 column that it looks at, in the same run.
import { parseArgs } from 'node:util'
import { countBits } from '#rooms/column/bitmap.js'
import type { Column, FixedColumn } from '#rooms/column/column.js'
import { bindExpr } from '#rooms/expr/bind-expr.js'
import { parseExpr } from '#rooms/expr/parse-expr.js'
import { type GramSizes, openValueIndex } from '#rooms/indexes/scalar/value-index.js'
import { DataType } from '#rooms/schema/data-type.js'
import type { Field } from '#rooms/schema/field.js'
import { filterMask } from '#rooms/search/filter/filter.js'
import type { ScalarIndex } from '#rooms/search/filter/scalar-index.js'
import type { SegmentView } from '#rooms/search/segment-view.js'
import type { IndexedPath } from '#rooms/storage/indexed-path.js'
import { run as buildIndex } from '#rooms/storage/scalar-index-job.js'
import { createWorkerPool } from '#rooms/workers/worker-pool.js'
import { randomFloats } from './support/files.js'
import { machineLine } from './support/machine.js'
import { median } from './support/statistics.js'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '41' },
  },
})
const rowCount = Number(options.rows)
const runs = Number(options.runs)

const id = fieldOf(100, DataType.Int64, { isPrimaryKey: true })
const number = fieldOf(101, DataType.Int64)
const ratio = fieldOf(102, DataType.Double)
const word = fieldOf(103, DataType.VarChar)
const doc = fieldOf(104, DataType.JSON)
const place = fieldOf(105, DataType.Int32)
const schema = {
  ...{ name: 'filters', description: '', enableDynamicField: false, version: 1 },
  fields: [id, number, ratio, word, doc, place],
}

const columns = seededColumns()
const pool = createWorkerPool()
try {
  const { values } = columns.get(number.fieldId) as FixedColumn
  const raw = new Uint8Array(values.buffer)
  const target = new Uint8Array(raw.length)
  const copyMs = await msOf(async () => target.set(raw))
  console.log(`${machineLine()}, ${rowCount} rows, median of ${runs} runs`)
  console.log(`memcpy of the int64 column   ${textOf(copyMs)}`)
  const looks = viewWith([])
  const indexes = viewWith([
    indexOver(number, null),
    indexOver(ratio, null),
    indexOver(word, null),
    indexOver(doc, { path: ['a'], cast: 'DOUBLE', readsTexts: false }),
    indexOver(word, null, { min: 2, max: 3 }),
    indexOver(doc, { path: ['list'], cast: 'ARRAY_DOUBLE', readsTexts: false }),
    indexOver(doc, { path: [], cast: 'JSON', readsTexts: false }),
  ])
  for (const filter of filters()) {
    const bound = bindExpr(parseExpr(filter), schema)
    const rows = countBits((await filterMask(looks, bound))!, rowCount)
    const lookMs = await msOf(() => filterMask(looks, bound))
    const indexMs = await msOf(() => filterMask(indexes, bound))
    const share = ((100 * rows) / rowCount).toFixed(2)
    const shown = filter.length > 62 ? `${filter.slice(0, 48)}… (${filter.length})` : filter
    console.log(
      `${shown.padEnd(62)} ${share.padStart(6)} %  every row ${textOf(lookMs)},` +
        ` ${(lookMs.least / copyMs.least).toFixed(1)} × memcpy, index ${textOf(indexMs)}`,
    )
  }
} finally {
  await pool.close()
}

function filters(): string[] {
  return [
    '0 <= number < 92233720368547758',
    '0 <= number < 4611686018427387904',
    'number > 0 and ratio < 0.01',
    'ratio < 0.01',
    'ratio in [0.25, 0.5, 0.75]',
    `number in [${evenly(3)}]`,
    `number in [${evenly(100)}]`,
    `number in [${evenly(10_000)}]`,
    `number not in [${evenly(100)}]`,
    `place in [${evenly(100, 10_000)}]`,
    `ratio in [${evenly(100, 100).join('.5, ')}.5]`,
    'word == "w17"',
    `word in [${wordsFrom(3)}]`,
    `word in [${wordsFrom(100)}]`,
    `word in [${wordsFrom(5_000)}]`,
    'word like "w17%"',
    'word like "%717%"',
    'word like "%w_71%"',
    'word like "w%717"',
    'doc["a"] < 10',
    'doc["b"] == "x7"',
    'doc["b"] like "x1%"',
    'json_contains(doc["list"], 7)',
    'json_contains_all(doc["list"], [7, 14])',
    'exists doc["list"]',
    'doc["a"] < 10 and 0 <= number < 92233720368547758',
  ]
}

/** Whole numbers below `end`, by default of int64, so far from each other. */
function evenly(count: number, end?: number): (number | bigint)[] {
  const step = end === undefined ? 2n ** 63n / BigInt(count) : end / count
  return Array.from({ length: count }, (_, at) =>
    typeof step === 'bigint' ? step * BigInt(at) : step * at,
  )
}

function wordsFrom(count: number): string {
  return Array.from({ length: count }, (_, at) => `"w${at * 2}"`).join()
}

function fieldOf(fieldId: number, dataType: DataType, more: Partial<Field> = {}): Field {
  const name = ['id', 'number', 'ratio', 'word', 'doc', 'place'][fieldId - 100]
  const none = { isPrimaryKey: false, isDynamic: false, nullable: false, elementType: 0, dim: 0 }
  return { fieldId, name, dataType, ...none, defaultValue: null, ...more } as Field
}

function seededColumns(): Map<number, Column> {
  const random = randomFloats(7)
  const words = new Uint32Array(shared(rowCount * 8))
  const [low, high] = [random(rowCount), random(rowCount)]
  const ratios = new Float64Array(shared(rowCount * 8))
  for (let row = 0; row < rowCount; row++) {
    words[row * 2] = low[row] * 2 ** 32
    words[row * 2 + 1] = high[row] * 2 ** 32
  }
  ratios.set(random(rowCount))
  const places = new Int32Array(shared(rowCount * 4))
  for (let row = 0; row < rowCount; row++) places[row] = low[row] * 10_000
  const texts = Array.from(low, (value) => `w${Math.floor(value * 10_000)}`)
  const docs = Array.from(low, (value) => documentOf(Math.floor(value * 1000)))
  const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(row))
  return new Map<number, Column>([
    [id.fieldId, fixed(ids)],
    [number.fieldId, fixed(new BigInt64Array(words.buffer))],
    [ratio.fieldId, fixed(ratios)],
    [word.fieldId, textsOf(texts)],
    [doc.fieldId, textsOf(docs)],
    [place.fieldId, fixed(places)],
  ])
}

function documentOf(a: number): string {
  return JSON.stringify({ b: `x${a % 500}`, a, list: [a % 90, (2 * a) % 90] })
}

function fixed(values: FixedColumn['values']): FixedColumn {
  return { shape: 'fixed', values, width: 1, validity: null }
}

function textsOf(texts: readonly string[]): Column {
  const all = Buffer.from(texts.join(''), 'utf8')
  const bytes = new Uint8Array(shared(all.length))
  bytes.set(all)
  const offsets = new Int32Array(shared((texts.length + 1) * 4))
  for (const [row, text] of texts.entries()) offsets[row + 1] = offsets[row] + text.length
  return { shape: 'bytes', offsets, bytes, validity: null }
}

function shared(byteLength: number): SharedArrayBuffer {
  return new SharedArrayBuffer(byteLength)
}

function indexOver(
  field: Field,
  json: IndexedPath | null,
  grams: GramSizes | null = null,
): ScalarIndex {
  const column = columns.get(field.fieldId)!
  const began = process.cpuUsage()
  const bytes = buildIndex({ column, rowCount, isOfGeometries: false, json, grams })
  const { user, system } = process.cpuUsage(began)
  const ms = (user + system) / 1000
  const mib = (bytes.length / 1024 ** 2).toFixed(1)
  console.log(`index over ${field.name.padEnd(8)} built in ${ms.toFixed(0)} ms of CPU, ${mib} MiB`)
  return { fieldId: field.fieldId, json, values: openValueIndex(bytes) }
}

function viewWith(indexes: readonly ScalarIndex[]): SegmentView {
  return {
    ...{ segmentId: 1n, partitionId: 1n, isGrowing: false, rowCount, pool, alive: null },
    column: async ({ fieldId }) => columns.get(fieldId)!,
    validity: async () => null,
    pkOrder: async () => null,
    scalarIndexes: async () => indexes,
    spatialIndexes: async () => [],
    vectorParts: () => [],
    vectorFile: () => null,
    vectorIndex: () => null,
  }
}

/** The median, and the least, which others that use the machine change little. */
interface Milliseconds {
  readonly median: number
  readonly least: number
}

async function msOf(work: () => Promise<unknown>): Promise<Milliseconds> {
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const began = performance.now()
    await work()
    times.push(performance.now() - began)
  }
  return { median: median(times), least: Math.min(...times) }
}

function textOf({ median: middle, least }: Milliseconds): string {
  return `${middle.toFixed(3)} ms (least ${least.toFixed(3)})`
}
