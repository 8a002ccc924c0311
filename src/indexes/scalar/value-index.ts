import type { BytesColumn, FixedColumn } from '../../column/column.js'

// An index over the values of a segment, as it lies in its file and in memory. All numbers are little
// endian; each part begins at a multiple of 8.
//
//   header      16 × u32: magic, then the numbers of ValueIndexShape in their order
//   values      i64 or f64 × valueCount; of texts i32 × (valueCount + 1) offsets, then their bytes
//   starts      u32 × (valueCount + 1): where the rows of each value begin in `rows`
//   rows        u32 × sparseRowCount: rows by value, ascending within one
//   dense       u32 × denseCount: the values that have a bitmap instead, ascending
//   bitmaps     denseCount × a bit for each row, in whole words of 64
//   validity    a bit for each row that has a value at all; absent where all have

/** The values that occur, ascending, and the rows that have each. NaN, which no test accepts, is left out. */
export interface ValueIndex {
  readonly rowCount: number
  readonly valueCount: number
  /** BigInt64Array, Float64Array or texts, without validity. */
  readonly values: FixedColumn | BytesColumn
  readonly starts: Uint32Array
  readonly rows: Uint32Array
  readonly dense: Uint32Array
  readonly bitmaps: Uint8Array
  readonly validity: Uint8Array | null
  /** Whether all values are as they were: a double may stand for an integer that it cannot count to. */
  readonly isExact: boolean
  /** Whose values are the grams of texts, rather than texts: null: not. */
  readonly grams: GramSizes | null
}

/** Grams are as many characters as lie between the two, both included; none where `max` is less. */
export interface GramSizes {
  readonly min: number
  readonly max: number
}

interface ValueIndexShape {
  readonly rowCount: number
  /** A number of `valueKinds`. */
  readonly kind: number
  readonly valueCount: number
  readonly textBytes: number
  readonly sparseRowCount: number
  readonly denseCount: number
  readonly hasValidity: boolean
  readonly isExact: boolean
  /** 0: its values are no grams. */
  readonly gramMin: number
  readonly gramMax: number
}

export const valueKinds = { int64: 0, double: 1, text: 2 } as const

/** An index of this shape whose parts are still zeros, and the bytes that they lie in. */
export function emptyValueIndex(shape: ValueIndexShape): { bytes: Uint8Array; index: ValueIndex } {
  const bytes = new Uint8Array(new SharedArrayBuffer(placesOf(shape).end))
  const numbers = [
    ...[shape.rowCount, shape.kind, shape.valueCount, shape.textBytes, shape.sparseRowCount],
    ...[shape.denseCount, Number(shape.hasValidity), Number(shape.isExact)],
    ...[shape.gramMin, shape.gramMax],
  ]
  new Uint32Array(bytes.buffer).set([magic, ...numbers])
  return { bytes, index: openValueIndex(bytes) }
}

/** @param bytes an index's file */
export function openValueIndex({ buffer }: Uint8Array): ValueIndex {
  const shape = shapeOf(new Uint32Array(buffer, 0, headerBytes / 4))
  const { rowCount, valueCount, sparseRowCount, denseCount } = shape
  const places = placesOf(shape)
  const bitmapsBytes = denseCount * bitmapBytes(rowCount)
  return {
    rowCount,
    valueCount,
    values: valuesOf(buffer, shape, places),
    starts: new Uint32Array(buffer, places.starts, valueCount + 1),
    rows: new Uint32Array(buffer, places.rows, sparseRowCount),
    dense: new Uint32Array(buffer, places.dense, denseCount),
    bitmaps: new Uint8Array(buffer, places.bitmaps, bitmapsBytes),
    validity: shape.hasValidity
      ? new Uint8Array(buffer, places.validity, (rowCount + 7) >> 3)
      : null,
    isExact: shape.isExact,
    grams: shape.gramMin === 0 ? null : { min: shape.gramMin, max: shape.gramMax },
  }
}

export function bitmapBytes(rowCount: number): number {
  return Math.ceil(rowCount / 64) * 8
}

const headerBytes = 64
/** "MVX1" */
const magic = 0x3158564d

function shapeOf(header: Uint32Array): ValueIndexShape {
  const [found, rowCount, kind, valueCount, textBytes, sparseRowCount, denseCount] = header
  if (found !== magic) throw new TypeError(`no index over values: it begins with ${found}`)
  const [hasValidity, isExact] = Array.from(header.subarray(7, 9), Boolean)
  const [gramMin, gramMax] = header.subarray(9, 11)
  return {
    ...{ rowCount, kind, valueCount, textBytes, sparseRowCount, denseCount, hasValidity, isExact },
    ...{ gramMin, gramMax },
  }
}

function placesOf(shape: ValueIndexShape) {
  const { rowCount, kind, valueCount, textBytes, sparseRowCount, denseCount, hasValidity } = shape
  const values = headerBytes
  const texts = values + aligned((valueCount + 1) * 4)
  const valuesEnd = kind === valueKinds.text ? texts + aligned(textBytes) : values + valueCount * 8
  const rows = valuesEnd + aligned((valueCount + 1) * 4)
  const dense = rows + aligned(sparseRowCount * 4)
  const bitmaps = dense + aligned(denseCount * 4)
  const validity = bitmaps + denseCount * bitmapBytes(rowCount)
  const end = validity + (hasValidity ? bitmapBytes(rowCount) : 0)
  return { values, texts, starts: valuesEnd, rows, dense, bitmaps, validity, end }
}

function valuesOf(
  buffer: ArrayBufferLike,
  { kind, valueCount, textBytes }: ValueIndexShape,
  { values, texts }: ReturnType<typeof placesOf>,
): FixedColumn | BytesColumn {
  if (kind === valueKinds.text) {
    const offsets = new Int32Array(buffer, values, valueCount + 1)
    const bytes = new Uint8Array(buffer, texts, textBytes)
    return { shape: 'bytes', offsets, bytes, validity: null }
  }
  const numbers =
    kind === valueKinds.int64
      ? new BigInt64Array(buffer, values, valueCount)
      : new Float64Array(buffer, values, valueCount)
  return { shape: 'fixed', values: numbers, width: 1, validity: null }
}

function aligned(byteLength: number): number {
  return Math.ceil(byteLength / 8) * 8
}
