import type { ColumnBatch } from '../column/column.js'
import type { Field } from '../schema/field.js'
import type { ByteSource } from '../source/byte-source.js'

/** What a look at a file group's beginnings told, before any row is read. */
export interface FileGroupOutline {
  /** null where only reading tells. */
  readonly rowCount: number | null
  readonly bytesTotal: number
  /** Columns that were ignored and the like; each a sentence. */
  readonly warnings: readonly string[]
}

/** Rows `[rowBegin, rowEnd)` of a file group. */
export interface RowRange {
  readonly rowBegin: number
  readonly rowEnd: number
}

/**
 * One file format. A file group is what makes whole rows: one row file, or a set of .npy files, one a
 * field. `fields` are those of the collection that a file may give: auto ids and function outputs are
 * left out, `$meta` is in where dynamic fields are enabled.
 */
export interface Format {
  readonly name: string
  /** Lower case, with the dot. */
  readonly extensions: readonly string[]
  /**
   * Looks at the headers, and checks them against the fields.
   * @param reserved the fields that a file must not give: auto ids and function outputs
   * @throws importFailed naming file and field, expected and got
   */
  outline(
    sources: readonly ByteSource[],
    fields: readonly Field[],
    reserved: readonly Field[],
  ): Promise<FileGroupOutline>
  open(
    sources: readonly ByteSource[],
    fields: readonly Field[],
    range: RowRange,
  ): Promise<BatchReader>
}

/** Reads a file group's rows as column batches of a few MiB. */
export interface BatchReader {
  /** Bytes of the input used so far. */
  readonly bytesRead: number
  /**
   * The next rows, or null at the end. Has a column for every field: what the files leave out is null or
   * the default. Values are as the file has them: nulls, NaN and lengths are checked by others. The arrays
   * may be used again by the next call.
   * @throws importFailed naming file, row, field, expected and got
   */
  next(): Promise<ColumnBatch | null>
  /** The file that a field's values come from, '' where none has them. */
  fileOf(fieldId: number): string
  /** Does not close the sources. */
  close(): void
}
