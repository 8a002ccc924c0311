import type { FileGroupOutline, Format, InputPart } from '../format.js'
import { onlySource, partsBetween, textExtensions, wholePart } from '../row-file.js'
import { cutJsonLines } from './cut-json-lines.js'
import { cutList } from './cut-list.js'
import { jsonRows, outlineJson } from './json-rows.js'
import { openTextReader } from './text-reader.js'

/** A list of objects, by itself or as `rows` of an object; JSON lines too. */
export const jsonFormat: Format = {
  name: 'json',
  extensions: textExtensions('.json'),
  isRowFile: true,

  async outline(sources, fields, reserved, options): Promise<FileGroupOutline> {
    const source = onlySource('JSON', sources)
    return outlineJson(source, await jsonRows(source, fields, reserved, options, false))
  },

  async cut([source], fields, options, partCount): Promise<InputPart[]> {
    const whole = await wholePart(source)
    if (partCount < 2 || whole.end !== source.byteLength) return [whole]
    const { depth, headEnd } = await jsonRows(source, fields, [], options, false)
    const cuts =
      depth > 0
        ? await cutList(source, headEnd, depth, partCount)
        : await cutJsonLines(source, partCount)
    return partsBetween(source, cuts)
  },

  async open(request) {
    const { sources, fields, reserved, options, part } = request
    const isCut = part.end < sources[0].byteLength
    return openTextReader(request, await jsonRows(sources[0], fields, reserved, options, isCut))
  },
}
