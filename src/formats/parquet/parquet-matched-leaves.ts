import type { MatchedColumn } from '../arrow/arrow-match.js'
import type { ParquetColumn, ParquetLeaf } from './parquet-schema.js'

/** The leaves that have a field's values: those of its column, or of one member of the column's structs. */
export function matchedLeavesOf(
  columns: readonly ParquetColumn[],
  { columnIndex, memberIndex }: MatchedColumn,
): readonly ParquetLeaf[] {
  const { leaves } = columns[columnIndex]
  return memberIndex === null ? leaves : leaves.filter((leaf) => leaf.memberIndex === memberIndex)
}
