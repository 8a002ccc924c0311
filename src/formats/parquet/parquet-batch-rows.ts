import { layoutOf } from '../../column/column.js'
import type { Field } from '../../schema/field.js'
import type { MatchedColumn } from '../arrow/arrow-match.js'
import type { ParquetFile } from './parquet-file.js'
import { matchedLeavesOf } from './parquet-matched-leaves.js'
import type { ParquetLeaf } from './parquet-schema.js'

/** The widest column of a batch has about so many bytes, and all together not much more. */
const columnBytesTarget = 4 * 1024 ** 2
const batchBytesTarget = 32 * 1024 ** 2
const batchRowsMax = 65_536

/** A multiple of 8 where a batch has so many rows, so that bitmaps are cut at whole bytes. */
export function batchRowsOf(file: ParquetFile, matched: readonly MatchedColumn[]): number {
  const widths = matched.map((each) =>
    Math.max(fixedBytesOf(each.field), plainBytesOf(file, matchedLeavesOf(file.columns, each)), 1),
  )
  const byColumn = columnBytesTarget / Math.max(...widths, 1)
  const byBatch = batchBytesTarget / widths.reduce((sum, width) => sum + width, 1)
  const rows = Math.max(1, Math.floor(Math.min(byColumn, byBatch, batchRowsMax)))
  return rows < 8 ? rows : rows - (rows % 8)
}

function fixedBytesOf(field: Field): number {
  const layout = layoutOf(field)
  return layout.shape === 'fixed' ? layout.width * layout.valuesType.BYTES_PER_ELEMENT : 16
}

/** Bytes of a row before compression, on average; of fixed ones what they take at least. */
function plainBytesOf(
  { rowGroups, rowCount }: ParquetFile,
  leaves: readonly ParquetLeaf[],
): number {
  let plainBytes = 0
  for (const group of rowGroups) {
    for (const { leafIndex } of leaves) {
      plainBytes += Number(group.columns[leafIndex].meta_data!.total_uncompressed_size)
    }
  }
  const widths = leaves.reduce((sum, { width }) => sum + (width ?? 0), 0)
  return Math.max(widths, rowCount === 0 ? 0 : plainBytes / rowCount)
}
