import type { ByteSource } from '../../source/byte-source.js'
import type { FileGroupOutline, Format, InputPart } from '../format.js'
import { onlySource, partsBetween, textExtensions, wholePart } from '../row-file.js'
import { cutLines } from './cut-text.js'
import { jsonLinesRows, outlineJson } from './json-rows.js'
import { skipSpace, skipValue } from './json-scan.js'
import { readHead } from './text-head.js'
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
    if (partCount < 2 || isCompressed || !(await isOneRowALine(source))) return [whole]
    return partsBetween(source, await cutLines(source, 0, partCount))
  },

  async open(request) {
    const { sources, fields, reserved, options } = request
    return openTextReader(request, await jsonLinesRows(sources[0], fields, reserved, options))
  },
}

/** Objects over several lines are read all the same, but no line tells where one begins. */
function isOneRowALine(source: ByteSource): Promise<boolean> {
  return readHead(source, (cursor) => {
    skipSpace(cursor)
    const { position } = cursor
    if (position === cursor.end) return false
    skipValue(cursor, true)
    return cursor.bytes.subarray(position, cursor.position).indexOf(0x0a) < 0
  })
}
