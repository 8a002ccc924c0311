import type { Field } from '../../schema/field.js'
import type { ByteSource } from '../../source/byte-source.js'
import type { ReadOptions } from '../format.js'
import { importError } from '../import-error.js'
import { CsvGrammar } from './csv-grammar.js'
import { readCsvHead, validateColumns } from './csv-head.js'
import { csvRuns } from './csv-runs.js'
import { type Separator, separatorFrom } from './csv-scan.js'
import { RowColumns } from './row-columns.js'
import type { TextRows } from './text-reader.js'

interface CsvRows extends TextRows {
  /** Of the columns. */
  readonly names: readonly string[]
}

/**
 * The rows of a .csv file, whose header is read and checked.
 * @throws importFailed
 */
export async function csvRows(
  source: ByteSource,
  fields: readonly Field[],
  reserved: readonly Field[],
  options: ReadOptions,
): Promise<CsvRows> {
  const separator = separatorOf(options)
  const { names, headEnd } = await readCsvHead(source, separator)
  validateColumns(source, names, fields, reserved)
  const columns = new RowColumns(fields)
  const nullKey = Buffer.from(options.nullKey)
  const grammar = new CsvGrammar(columns, names, separator, nullKey)
  const runs = csvRuns(columns, names, separator, nullKey)
  return { columns, grammar, runs, headEnd, names }
}

/** Milvus: one character, but for those that have a meaning already. */
function separatorOf({ sep }: ReadOptions): Separator {
  if ([...sep].length === 1 && !/[\0\n\r"\uFFFD]/.test(sep)) return separatorFrom(sep)
  throw importError(
    {},
    `expected one character as 'sep', but no quote and no line end, got ${JSON.stringify(sep)}`,
  )
}
