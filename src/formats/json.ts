import type { Field } from '../schema/field.js'
import type { ByteSource } from '../source/byte-source.js'
import type { FileGroupOutline, Format } from './format.js'
import { jsonLinesGrammar, jsonListGrammar } from './json-grammars.js'
import { readJsonHead } from './json-head.js'
import { JsonRowReader } from './json-row.js'
import { RowColumns } from './row-columns.js'
import { onlySource, textExtensions, wholePart } from './row-file.js'
import { openTextReader, type TextRows } from './text-reader.js'
import { readSample } from './text-sample.js'

/** A list of objects, by itself or as `rows` of an object; JSON lines too. */
export const jsonFormat: Format = {
  name: 'json',
  extensions: textExtensions('.json'),
  isRowFile: true,

  async outline(sources, fields, reserved): Promise<FileGroupOutline> {
    const source = onlySource('JSON', sources)
    return outlineJson(source, await jsonRows(source, fields, reserved))
  },

  /** Where a row begins is only known by what lies before it. */
  async cut([source]) {
    return [await wholePart(source)]
  },

  async open(request) {
    return openTextReader(
      request,
      await jsonRows(request.sources[0], request.fields, request.reserved),
    )
  },
}

export interface JsonRows extends TextRows {
  readonly reader: JsonRowReader
}

async function jsonRows(
  source: ByteSource,
  fields: readonly Field[],
  reserved: readonly Field[],
): Promise<JsonRows> {
  const columns = new RowColumns(fields)
  const reader = new JsonRowReader(columns, reserved)
  const head = await readJsonHead(source, (cursor) => reader.isFieldName(cursor))
  const grammar = head.isList ? jsonListGrammar(reader) : jsonLinesGrammar(reader)
  return { columns, reader, grammar, headEnd: head.headEnd }
}

/** Rows are not counted; keys without a field are told as far as the first rows have them. */
export async function outlineJson(source: ByteSource, rows: JsonRows): Promise<FileGroupOutline> {
  await readSample(source, rows)
  const warnings = rows.reader.unknownKeys.map(
    (key) =>
      `the key '${key}' of '${source.name}' is not defined in collection schema and was ignored`,
  )
  return { rowCount: null, bytesTotal: source.byteLength, warnings }
}
