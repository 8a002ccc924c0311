import type { FileColumn } from '../arrow/arrow-conversion.js'

/** Reads the rows of one leaf of one row group. */
export interface LeafReader {
  readonly bytesRead: number
  /** At most `rowsMax` next rows: fewer where they would be too long, none at the end. */
  read(rowsMax: number): Promise<{ readonly rowCount: number; readonly column: FileColumn }>
  /** Whether all of the pages were read. */
  isDone(): Promise<boolean>
}

/** Where rows take more, a batch ends early. */
export const batchBytesMax = 32 * 1024 ** 2
