import type { Field } from '../../schema/field.js'
import type { ByteSource } from '../../source/byte-source.js'
import { ArrowBatchReader } from '../arrow/arrow-batch-reader.js'
import { type ColumnMatch, matchColumns } from '../arrow/arrow-match.js'
import { evenParts } from '../arrow/arrow-parts.js'
import type { BatchReader, FileGroupOutline, Format, InputPart } from '../format.js'
import { vectorFieldOf } from './vecs-field.js'
import { readVecsFile, type VecsFile } from './vecs-file.js'
import { VecsRowsReader } from './vecs-rows-reader.js'

/** The files of vectors alone that benchmarks come in: of float32, of int32, of bytes. */
export const vecsFormat: Format = {
  name: 'vecs',
  extensions: ['.fvecs', '.ivecs', '.bvecs'],
  isRowFile: true,

  async outline([source], fields, reserved): Promise<FileGroupOutline> {
    const file = await readVecsFile(source)
    matchOf(source, file, fields, reserved)
    return { rowCount: file.rowCount, bytesTotal: source.byteLength, warnings: [] }
  },

  /** Parts are counted in rows. */
  async cut([source], _fields, _options, partCount): Promise<InputPart[]> {
    const { rowCount } = await readVecsFile(source)
    return evenParts(rowCount, source.byteLength, partCount)
  },

  async open({ sources, fields, reserved, part, from, onReject }): Promise<BatchReader> {
    const [source] = sources
    const file = await readVecsFile(source)
    const match = matchOf(source, file, fields, reserved)
    const row = from?.position ?? part.begin
    const rows = new VecsRowsReader(source, file, part, row)
    const rowBegin = row - part.begin
    return new ArrowBatchReader(rows, { file: source.name, match, part, rowBegin, onReject })
  },
}

/** The file has no names: its vectors are those of the one vector field. */
function matchOf(
  source: ByteSource,
  { itemType }: VecsFile,
  fields: readonly Field[],
  reserved: readonly Field[],
): ColumnMatch {
  const { name } = vectorFieldOf(source.name, fields)
  const column = { name, type: { kind: 'list', item: itemType } } as const
  return matchColumns({ file: source.name, format: 'vecs' }, [column], fields, reserved)
}
