import type { FileGroupOutline, Format, InputPart } from '../format.js'
import { onlySource, partsBetween, textExtensions, wholePart } from '../row-file.js'
import { cutJsonLines } from './cut-json-lines.js'
import { jsonLinesRows, outlineJson } from './json-rows.js'
import { openTextReader } from './text-reader.js'

/** An object a line. */
export const jsonlFormat: Format = {
  name: 'jsonl',
  extensions: textExtensions('.jsonl', '.ndjson'),
  isRowFile: true,

  async outline(sources, fields, reserved, options): Promise<FileGroupOutline> {
    const source = onlySource('JSON', sources)
    return outlineJson(source, await jsonLinesRows(source, fields, reserved, options))
  },

  async cut([source], _fields, _options, partCount): Promise<InputPart[]> {
    const whole = await wholePart(source)
    const isCompressed = whole.end !== source.byteLength
    if (partCount < 2 || isCompressed) return [whole]
    return partsBetween(source, await cutJsonLines(source, partCount))
  },

  async open(request) {
    const { sources, fields, reserved, options } = request
    return openTextReader(request, await jsonLinesRows(sources[0], fields, reserved, options))
  },
}
