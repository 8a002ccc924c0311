import type { BytesColumn, Column, FixedColumn, ListColumn } from '../../column/column.js'

export type PlainColumn = FixedColumn | BytesColumn

/** A file's lists of lists, which no field has: they become lists of vectors. */
export interface NestedColumn {
  readonly shape: 'nested'
  /** rows + 1 positions, in rows of `child`; the first need not be 0. */
  readonly offsets: Int32Array
  readonly child: ListColumn
  readonly validity: Uint8Array | null
}

/** A column as a file has it. */
export type FileColumn = Column | NestedColumn

/** Told for every value that cannot be converted, by its index. */
export type ReportFault = (index: number, message: string) => void

/**
 * Converts the first `count` values of a column without nesting. Validity is handed on as it is; faults of
 * null rows are reported like others, and ignored by whoever is told.
 */
export type PlainConversion = (
  column: PlainColumn,
  count: number,
  report: ReportFault,
) => PlainColumn

/** Converts a file's column, of a struct its members, to the column of a field. */
export type ArrowConversion = (
  columns: readonly FileColumn[],
  rowCount: number,
  report: ReportFault,
) => Column
