import type { BytesColumn, Column, FixedColumn } from '../../column/column.js'

export type PlainColumn = FixedColumn | BytesColumn

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
  columns: readonly Column[],
  rowCount: number,
  report: ReportFault,
) => Column
