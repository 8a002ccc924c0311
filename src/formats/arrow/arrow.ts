import type { Field } from '../../schema/field.js'
import type { BatchReader, FileGroupOutline, Format, InputPart } from '../format.js'
import { ArrowBatchReader } from './arrow-batch-reader.js'
import type { ArrowFile } from './arrow-ipc-file.js'
import { type ColumnMatch, ignoredWarnings, matchColumns } from './arrow-match.js'
import { evenParts } from './arrow-parts.js'

/** Arrow's IPC files and streams, and Feather's version 2, which is one. Their library is loaded when a file comes. */
export const arrowFormat: Format = {
  name: 'arrow',
  extensions: ['.arrow', '.feather', '.arrows', '.ipc'],
  isRowFile: true,

  async outline([source], fields, reserved, options): Promise<FileGroupOutline> {
    const { readArrowFile } = await import('./arrow-ipc-file.js')
    const file = await readArrowFile(source)
    const match = matchOf(file, fields, reserved)
    const warnings = ignoredWarnings(source.name, match, options)
    return { rowCount: file.rowCount, bytesTotal: source.byteLength, warnings }
  },

  /** Parts are counted in rows of the file. */
  async cut([source], _fields, _options, partCount): Promise<InputPart[]> {
    const { readArrowFile } = await import('./arrow-ipc-file.js')
    const { rowCount } = await readArrowFile(source)
    return evenParts(rowCount, source.byteLength, partCount)
  },

  async open({ sources, fields, reserved, part, from, onReject }): Promise<BatchReader> {
    const { readArrowFile } = await import('./arrow-ipc-file.js')
    const { ArrowIpcReader } = await import('./arrow-ipc-reader.js')
    const file = await readArrowFile(sources[0])
    const match = matchOf(file, fields, reserved)
    const row = from?.position ?? part.begin
    const rows = new ArrowIpcReader(file, match.matched, part, row)
    const rowBegin = row - part.begin
    return new ArrowBatchReader(rows, { file: sources[0].name, match, part, rowBegin, onReject })
  },
}

function matchOf(
  { source, fields: columns }: ArrowFile,
  fields: readonly Field[],
  reserved: readonly Field[],
): ColumnMatch {
  return matchColumns({ file: source.name, format: 'arrow' }, columns, fields, reserved)
}
