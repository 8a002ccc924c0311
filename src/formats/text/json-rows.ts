import type { Field } from '../../schema/field.js'
import type { ByteSource } from '../../source/byte-source.js'
import type { FileGroupOutline, ReadOptions } from '../format.js'
import { jsonLinesGrammar, jsonListGrammar } from './json-grammars.js'
import { readJsonHead } from './json-head.js'
import { JsonRowReader } from './json-row.js'
import { jsonRuns } from './json-runs.js'
import { RowColumns } from './row-columns.js'
import { readHead } from './text-head.js'
import type { TextRows } from './text-reader.js'
import { readSample } from './text-sample.js'

interface JsonRows extends TextRows {
  readonly warnings: () => readonly string[]
  /** How many brackets are open where a row begins: 1 or 2 of a list, 0 of lines. */
  readonly depth: number
}

/** The rows of a .json file. @param isCut whether rows follow behind the part that is read */
export async function jsonRows(
  source: ByteSource,
  fields: readonly Field[],
  reserved: readonly Field[],
  { refusesExtraColumns }: ReadOptions,
  isCut: boolean,
): Promise<JsonRows> {
  const columns = new RowColumns(fields)
  const reader = new JsonRowReader(columns, reserved, { refusesExtraColumns })
  const { depth, headEnd } = await readJsonHead(source, (cursor) => reader.isFieldName(cursor))
  const grammar = depth > 0 ? jsonListGrammar(reader, isCut) : jsonLinesGrammar(reader)
  return { ...rowsOf(source, columns, reader, depth > 0), grammar, headEnd, depth }
}

/** The rows of JSON lines. */
export async function jsonLinesRows(
  source: ByteSource,
  fields: readonly Field[],
  reserved: readonly Field[],
  { refusesExtraColumns }: ReadOptions,
): Promise<JsonRows> {
  const columns = new RowColumns(fields)
  const reader = new JsonRowReader(columns, reserved, { refusesExtraColumns })
  const headEnd = await readHead(source, ({ position }) => position)
  return {
    ...rowsOf(source, columns, reader, false),
    grammar: jsonLinesGrammar(reader),
    headEnd,
    depth: 0,
  }
}

function rowsOf(source: ByteSource, columns: RowColumns, reader: JsonRowReader, isList: boolean) {
  const warnings = () =>
    reader.unknownKeys.map(
      (key) =>
        `the key '${key}' of '${source.name}' is not defined in collection schema and was ignored`,
    )
  return { columns, runs: jsonRuns(columns, reader, isList), warnings }
}

/** Rows are not counted; keys without a field are told as far as the first rows have them, and then by who reads. */
export async function outlineJson(source: ByteSource, rows: JsonRows): Promise<FileGroupOutline> {
  await readSample(source, rows)
  return { rowCount: null, bytesTotal: source.byteLength, warnings: rows.warnings() }
}
