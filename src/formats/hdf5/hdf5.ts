import type { Field } from '../../schema/field.js'
import { ArrowBatchReader } from '../arrow/arrow-batch-reader.js'
import { type ColumnMatch, ignoredWarnings, matchColumns } from '../arrow/arrow-match.js'
import { evenParts } from '../arrow/arrow-parts.js'
import type { BatchReader, FileGroupOutline, Format, InputPart } from '../format.js'
import type { Hdf5File } from './hdf5-file.js'
import { columnsFor, rowCountOf } from './hdf5-match.js'

/** HDF5 files with a dataset for each field. Their library is large and loaded when a file comes. */
export const hdf5Format: Format = {
  name: 'hdf5',
  extensions: ['.hdf5', '.h5'],
  isRowFile: true,

  async outline([source], fields, reserved, options): Promise<FileGroupOutline> {
    const { withHdf5File } = await import('./hdf5-file.js')
    return withHdf5File(source, (file) => {
      const match = matchOf(file, fields, reserved)
      const warnings = ignoredWarnings(source.name, match, options)
      return { rowCount: rowCountOf(file, match), bytesTotal: source.byteLength, warnings }
    })
  },

  /** Parts are counted in rows. */
  async cut([source], fields, _options, partCount): Promise<InputPart[]> {
    const { withHdf5File } = await import('./hdf5-file.js')
    return withHdf5File(source, (file) => {
      const rowCount = rowCountOf(file, matchOf(file, fields, []))
      return evenParts(rowCount, source.byteLength, partCount)
    })
  },

  async open({ sources, fields, reserved, part, from, onReject }): Promise<BatchReader> {
    const { openHdf5File } = await import('./hdf5-file.js')
    const { Hdf5RowsReader } = await import('./hdf5-rows-reader.js')
    const file = await openHdf5File(sources[0])
    try {
      const match = matchOf(file, fields, reserved)
      rowCountOf(file, match)
      const row = from?.position ?? part.begin
      const rows = new Hdf5RowsReader(file, match.matched, part, row)
      const rowBegin = row - part.begin
      return new ArrowBatchReader(rows, { file: file.name, match, part, rowBegin, onReject })
    } catch (error) {
      file.close()
      throw error
    }
  },
}

function matchOf(
  file: Hdf5File,
  fields: readonly Field[],
  reserved: readonly Field[],
): ColumnMatch {
  return matchColumns(
    { file: file.name, format: 'hdf5' },
    columnsFor(file, fields),
    fields,
    reserved,
  )
}
