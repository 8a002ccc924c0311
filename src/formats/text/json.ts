import type { FileGroupOutline, Format } from '../format.js'
import { onlySource, textExtensions, wholePart } from '../row-file.js'
import { jsonRows, outlineJson } from './json-rows.js'
import { openTextReader } from './text-reader.js'

/** A list of objects, by itself or as `rows` of an object; JSON lines too. */
export const jsonFormat: Format = {
  name: 'json',
  extensions: textExtensions('.json'),
  isRowFile: true,

  async outline(sources, fields, reserved, options): Promise<FileGroupOutline> {
    const source = onlySource('JSON', sources)
    return outlineJson(source, await jsonRows(source, fields, reserved, options))
  },

  /** Where a row begins is only known by what lies before it. */
  async cut([source]) {
    return [await wholePart(source)]
  },

  async open(request) {
    const { sources, fields, reserved, options } = request
    return openTextReader(request, await jsonRows(sources[0], fields, reserved, options))
  },
}
