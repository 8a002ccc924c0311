import type { BatchReader, FileGroupOutline, Format, InputPart } from '../format.js'
import { importError } from '../import-error.js'
import { onlySource, partsBetween, textExtensions, wholePart } from '../row-file.js'
import { csvRows } from './csv-rows.js'
import { cutQuotedLines } from './cut-text.js'
import { openTextReader } from './text-reader.js'

/** A line of names, then lines of cells: RFC 4180, with a separator of the user's. */
export const csvFormat: Format = {
  name: 'csv',
  extensions: textExtensions('.csv'),
  isRowFile: true,

  async outline(sources, fields, reserved, options): Promise<FileGroupOutline> {
    const source = onlySource('CSV', sources)
    const { names } = await csvRows(source, fields, reserved, options)
    const isKept = fields.some(({ isDynamic }) => isDynamic)
    const ignored = names.filter((name) => !fields.some((field) => field.name === name))
    const [extra] = isKept ? [] : ignored
    if (extra !== undefined && options.refusesExtraColumns) {
      throw importError(
        { file: source.name, field: extra },
        `expected columns of fields only, got '${extra}': the field '${extra}' is not defined in collection schema`,
      )
    }
    const warnings = (isKept ? [] : ignored).map(
      (name) =>
        `the column '${name}' of '${source.name}' is not defined in collection schema and was ignored`,
    )
    return { rowCount: null, bytesTotal: source.byteLength, warnings }
  },

  async cut([source], fields, options, partCount): Promise<InputPart[]> {
    const whole = await wholePart(source)
    if (partCount < 2 || whole.end !== source.byteLength) return [whole]
    const { headEnd } = await csvRows(source, fields, [], options)
    return partsBetween(source, await cutQuotedLines(source, headEnd, partCount))
  },

  async open(request): Promise<BatchReader> {
    const { sources, fields, reserved, options } = request
    return openTextReader(request, await csvRows(sources[0], fields, reserved, options))
  },
}
