/**
 * A sealed segment's file: an Arrow IPC file of one uncompressed record batch, readable by pyarrow, DuckDB
 * and polars as it lies. What Arrow leaves open is settled so that a writer can stream:
 *
 *   ARROW1··│ schema message │ record batch metadata │ body ……………………………… │ pk order │ EOS │ footer │ n │ ARROW1
 *                                                    │
 *                                                    ├ per fixed column: values, room for the row capacity
 *                                                    ├ then per bytes or list column: offsets, values
 *                                                    └ then validity bitmaps and bit-packed Bool values
 *
 * - Buffers begin at multiples of 64. A fixed column's rows are written where they belong as they arrive;
 *   the metadata, whose size does not depend on its numbers, is written last into the room left for it.
 * - The pk order is ours and outside of what Arrow's footer names: u32 row offsets in ascending order of
 *   primary key, equal keys in row order. It is left out when the rows already lie in that order.
 */
export const arrowMagic = 'ARROW1'

/** A record batch over 2 GiB can be written and not be read; half of that leaves room for the rest. */
export const segmentBodyBytesMax = 1024 ** 3

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** Where a column lies in its file. Ranges are from the file's start, so that one read gets a buffer. */
export interface ColumnRanges {
  readonly nullCount: number
  readonly validity: ByteRange | null
  readonly offsets: ByteRange | null
  readonly values: ByteRange | null
  readonly child: ColumnRanges | null
  readonly rowCount: number
}

export interface SegmentColumn extends ColumnRanges {
  readonly fieldId: number
}

export type PrimaryKey = bigint | string

export interface SegmentFile {
  readonly rowCount: number
  readonly fileBytes: number
  readonly columns: readonly SegmentColumn[]
  readonly pkMin: PrimaryKey
  readonly pkMax: PrimaryKey
  /** null when the rows lie in key order. */
  readonly pkOrder: ByteRange | null
}
