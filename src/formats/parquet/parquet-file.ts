import { type FileMetaData, parquetMetadata, parquetSchema } from 'hyparquet'
import type { ByteSource } from '../../source/byte-source.js'
import { decodingReason, importError } from '../import-error.js'
import { type ParquetColumn, parquetColumnsOf } from './parquet-schema.js'
import { ThriftCursor } from './parquet-thrift.js'

export interface ParquetFile {
  readonly source: ByteSource
  readonly rowCount: number
  readonly columns: readonly ParquetColumn[]
  readonly rowGroups: FileMetaData['row_groups']
}

/** A footer that is longer would take gigabytes of memory. */
const footerBytesMax = 64 * 1024 ** 2
const magic = 'PAR1'
const encryptedMagic = 'PARE'
const rowsMax = 2 ** 40

/**
 * Reads the footer.
 * @throws importFailed
 */
export async function readParquetFile(source: ByteSource): Promise<ParquetFile> {
  try {
    const metadata = parquetMetadata(await readFooter(source), { geoparquet: false })
    const columns = parquetColumnsOf(parquetSchema(metadata))
    const rowCount = countRows(metadata)
    checkRowGroups(metadata, columns)
    return { source, rowCount, columns, rowGroups: metadata.row_groups }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw importError(
      { file: source.name },
      `expected a Parquet file: new parquet reader failed, err=parquet: ${decodingReason(error)}`,
      error,
    )
  }
}

/** The footer with its length and the magic word after it, found to be well-formed. */
async function readFooter(source: ByteSource): Promise<Uint8Array> {
  if (source.byteLength < 12) throw new Error(`got ${source.byteLength} bytes`)
  const tail = await readExactly(source, source.byteLength - 8, 8)
  const found = Buffer.from(tail.subarray(4)).toString('latin1')
  if (found === encryptedMagic) throw new Error('the file is encrypted, which is not supported')
  if (found !== magic) throw new Error(`the file does not end with ${magic}`)
  const footerBytes = new DataView(tail.buffer).getUint32(0, true)
  if (footerBytes > Math.min(footerBytesMax, source.byteLength - 12)) {
    throw new Error(`a footer of ${footerBytes} bytes in a file of ${source.byteLength}`)
  }
  const footer = await readExactly(source, source.byteLength - 8 - footerBytes, footerBytes + 8)
  const cursor = new ThriftCursor(footer.subarray(0, footerBytes), 0)
  cursor.readStruct((_, type) => cursor.skip(type))
  return footer
}

async function readExactly(
  source: ByteSource,
  position: number,
  byteLength: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(byteLength)
  const count = await source.read(position, bytes)
  if (count < byteLength) throw new Error('the file was cut meanwhile')
  return bytes
}

function countRows({ row_groups, num_rows }: FileMetaData): number {
  let rowCount = 0
  for (const { num_rows: rows } of row_groups) {
    const count = Number(rows)
    if (!(count >= 0 && count <= rowsMax))
      throw new Error(`a row group of ${rows ?? 'no number of'} rows`)
    rowCount += count
  }
  if (rowCount !== Number(num_rows)) {
    throw new Error(`expected ${num_rows} rows, got row groups of ${rowCount}`)
  }
  return rowCount
}

/** Every row group has the columns of the schema, in its order. */
function checkRowGroups({ row_groups }: FileMetaData, columns: readonly ParquetColumn[]): void {
  const leaves = columns.flatMap((column) => column.leaves)
  row_groups.forEach((group, index) => {
    if (group.columns.length !== leaves.length) {
      throw new Error(
        `expected ${leaves.length} columns in row group ${index}, got ${group.columns.length}`,
      )
    }
    leaves.forEach(({ path, element }, leafIndex) => {
      const { meta_data: found, file_path } = group.columns[leafIndex]
      if (file_path) throw new Error(`column ${path} lies in another file, '${file_path}'`)
      if (!found) throw new Error(`column ${path} of row group ${index} is not told of`)
      if (found.type === element.type && found.path_in_schema.join('.') === path) return
      throw new Error(`expected column ${path} in row group ${index}, got ${found.path_in_schema}`)
    })
  })
}
