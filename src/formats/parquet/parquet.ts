import type { Field } from '../../schema/field.js'
import { ArrowBatchReader } from '../arrow/arrow-batch-reader.js'
import { type ColumnMatch, ignoredWarnings, matchColumns } from '../arrow/arrow-match.js'
import type { BatchReader, FileGroupOutline, Format, InputPart } from '../format.js'
import type { ParquetFile } from './parquet-file.js'

/** Parquet files: one makes whole rows. Their libraries are loaded when a file comes. */
export const parquetFormat: Format = {
  name: 'parquet',
  extensions: ['.parquet'],
  isRowFile: true,

  async outline([source], fields, reserved, options): Promise<FileGroupOutline> {
    const { readParquetFile } = await import('./parquet-file.js')
    const file = await readParquetFile(source)
    const match = matchOf(file, fields, reserved)
    const warnings = ignoredWarnings(source.name, match, options)
    return { rowCount: file.rowCount, bytesTotal: source.byteLength, warnings }
  },

  /** Parts are counted in rows of the file, and begin where a row group does. */
  async cut([source], _fields, _options, partCount): Promise<InputPart[]> {
    const { readParquetFile } = await import('./parquet-file.js')
    return partsOf(await readParquetFile(source), partCount)
  },

  async open({ sources, fields, reserved, part, from, onReject }): Promise<BatchReader> {
    const { readParquetFile } = await import('./parquet-file.js')
    const { ParquetRowsReader } = await import('./parquet-rows-reader.js')
    const file = await readParquetFile(sources[0])
    const match = matchOf(file, fields, reserved)
    const range = { rowBegin: part.begin, rowEnd: part.end, bytes: part.bytes }
    const row = from?.position ?? part.begin
    const rows = new ParquetRowsReader(file, match.matched, range, row)
    const rowBegin = row - part.begin
    return new ArrowBatchReader(rows, { file: sources[0].name, match, part, rowBegin, onReject })
  },
}

function matchOf(
  { source, columns }: ParquetFile,
  fields: readonly Field[],
  reserved: readonly Field[],
): ColumnMatch {
  return matchColumns({ file: source.name, format: 'parquet' }, columns, fields, reserved)
}

/** Row groups that follow each other, about as many bytes in each part. */
function partsOf({ source, rowGroups }: ParquetFile, partCount: number): InputPart[] {
  const groups = rowGroups.filter(({ num_rows }) => num_rows > 0n)
  const sizes = groups.map(({ total_byte_size }) => Math.max(1, Number(total_byte_size)))
  const sizeTotal = sizes.reduce((sum, size) => sum + size, 0)
  const parts: InputPart[] = []
  let begin = 0
  let end = 0
  let size = 0
  let bytesGiven = 0
  groups.forEach(({ num_rows }, index) => {
    end += Number(num_rows)
    size += sizes[index]
    const isLast = index === groups.length - 1
    if (!isLast && size < (sizeTotal * (parts.length + 1)) / partCount) return
    const bytesUntil = Math.floor((source.byteLength * size) / sizeTotal)
    parts.push({ begin, end, rowCount: end - begin, bytes: bytesUntil - bytesGiven })
    begin = end
    bytesGiven = bytesUntil
  })
  return parts
}
