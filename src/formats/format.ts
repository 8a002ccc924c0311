import type { ColumnBatch } from '../column/column.js'
import type { Field } from '../schema/field.js'
import type { ByteSource } from '../source/byte-source.js'

/** How the user wants files to be read. */
export interface ReadOptions {
  /** Between the values of a CSV line: one character. */
  readonly sep: string
  /** The text that stands for null in CSV. */
  readonly nullKey: string
  /** Whether a column or key without a field is an error; else it is ignored with a warning. */
  readonly refusesExtraColumns: boolean
}

export const defaultReadOptions: ReadOptions = {
  sep: ',',
  nullKey: '',
  refusesExtraColumns: false,
}

/** What a look at a file group's beginnings told, before any row is read. */
export interface FileGroupOutline {
  /** null where only reading tells. */
  readonly rowCount: number | null
  readonly bytesTotal: number
  /** Columns that were ignored and the like; each a sentence. */
  readonly warnings: readonly string[]
}

/**
 * A part `[begin, end)` of a file group that is read by itself. What the two count is the format's own:
 * rows, bytes, row groups.
 */
export interface InputPart {
  readonly begin: number
  readonly end: number
  /** null where only reading tells. */
  readonly rowCount: number | null
  /** What of the files' bytes the part stands for; those of all parts make up the group's. */
  readonly bytes: number
}

/** Where a reader stands between two batches: enough to go on from there in another process. */
export interface Checkpoint {
  /** In the part's own counting, inside of `[begin, end]`. */
  readonly position: number
  /** Rows of the part that lie before it, rejected ones too. */
  readonly row: number
  /** Lines of the part that end before it, where somebody counts them. */
  readonly line?: number
}

/** A row that could not be read, for a caller who wants to go on without it. */
export interface RejectedRow {
  /** Of the part. */
  readonly row: number
  /** Lines of the part that end before it; null where rows have no lines. */
  readonly line: number | null
  /** Of the file; null where rows have no place of their own in it. */
  readonly byteOffset: number | null
  /** '' where the whole row is at fault. */
  readonly field: string
  readonly reason: string
  /** The row as the file has it; null where it is no text. */
  readonly rawText: string | null
}

/** Where a row lies in a text, as `RejectedRow` has it. */
export interface RawRow {
  readonly line: number | null
  readonly byteOffset: number | null
  readonly text: string | null
}

/** Of a format whose rows are no text. */
export const noRawRow: RawRow = { line: null, byteOffset: null, text: null }

export interface ReadRequest {
  readonly sources: readonly ByteSource[]
  readonly fields: readonly Field[]
  /** The fields that a file must not give: auto ids and function outputs. */
  readonly reserved: readonly Field[]
  readonly options: ReadOptions
  readonly part: InputPart
  /** null: from the part's beginning. */
  readonly from: Checkpoint | null
  /** null: the first bad row is thrown. */
  readonly onReject: ((row: RejectedRow) => void) | null
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
  /** Whether one file makes whole rows. */
  readonly isRowFile: boolean
  /**
   * Looks at the headers, and checks them against the fields.
   * @param reserved the fields that a file must not give: auto ids and function outputs
   * @throws importFailed naming file and field, expected and got
   */
  outline(
    sources: readonly ByteSource[],
    fields: readonly Field[],
    reserved: readonly Field[],
    options: ReadOptions,
  ): Promise<FileGroupOutline>
  /**
   * Cuts the group into about `partCount` parts, at places where reading may begin. All parts together are
   * all rows, in order; a group without rows may have none.
   */
  cut(
    sources: readonly ByteSource[],
    fields: readonly Field[],
    options: ReadOptions,
    partCount: number,
  ): Promise<InputPart[]>
  open(request: ReadRequest): Promise<BatchReader>
}

/**
 * Reads a part's rows as column batches of a few MiB. The rows that it names, in errors too, are counted
 * from the part's beginning: what lies before the part is added by whoever opened it.
 */
export interface BatchReader {
  /** Whether the values of JSON fields were looked at: each is one JSON value, that of `$meta` an object. */
  readonly hasCheckedJson: boolean
  /** Bytes of the part used so far, those before `from` too. */
  readonly bytesRead: number
  /** After the batch that `next` gave last; before the first one, where reading begins. */
  readonly checkpoint: Checkpoint
  /**
   * The next rows, or null at the end. Has a column for every field: what the files leave out is null or
   * the default. Values are as the file has them: nulls, NaN and lengths are checked by others. The arrays
   * may be used again by the next call.
   * @throws importFailed naming file, row, field, expected and got; where rows may be rejected, only for
   * what makes the rest unreadable
   */
  next(): Promise<ColumnBatch | null>
  /** The part's row that a row of the last batch is: rejected ones leave gaps. */
  rowOf(batchRow: number): number
  /** A row of the last batch as the file has it; nulls where rows have no text. */
  rawRow(batchRow: number): RawRow
  /** What was found on the way so far, such as keys that are ignored; each a sentence. */
  readonly warnings?: readonly string[]
  /** The file that a field's values come from, '' where none has them. */
  fileOf(fieldId: number): string
  /** Does not close the sources. */
  close(): void
}
