import { readVecsFile } from '../../formats/vecs/vecs-file.js'
import { DataType } from '../../schema/data-type.js'
import type { ByteSource } from '../../source/byte-source.js'
import type { SeenColumn } from './seen-column.js'

/** The one column of a file of vectors alone. Its bytes are numbers from 0 to 255 each, as of SIFT. */
export async function vecsColumns(sources: readonly ByteSource[]): Promise<SeenColumn[]> {
  const { dim } = await readVecsFile(sources[0])
  return [{ name: 'vector', dataType: DataType.FloatVector, dim, hasNulls: false }]
}
