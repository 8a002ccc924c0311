import { bothValid, hasBit } from '../../column/bitmap.js'
import type { BytesColumn } from '../../column/column.js'
import { gatherColumn } from '../../column/slice.js'
import type { FileColumn, PlainColumn } from './arrow-conversion.js'
import { readValidity } from './arrow-ipc-bits.js'
import type { PlacedField, ReadContext } from './arrow-ipc-field.js'
import { readBytesMax } from './arrow-ipc-offsets.js'

export async function readIndexed(
  placed: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<PlainColumn> {
  const { indexBytes, isSigned } = placed.field.dictionary!
  const entries = await context.dictionary(placed.field)
  const entryCount = rowsOfColumn(entries)
  const bytes = await context.buffers.read(
    placed.bufferIndex + 1,
    begin * indexBytes,
    end * indexBytes,
  )
  const validity = await readValidity(placed, begin, end, context)
  const indices = indicesOf(bytes, indexBytes, isSigned)
  for (let row = 0; row < indices.length; row++) {
    if (validity !== null && !hasBit(validity, row)) indices[row] = 0
    if (indices[row] >= 0 && indices[row] < entryCount) continue
    if (validity === null || hasBit(validity, row)) {
      throw new Error(`expected one of ${entryCount} dictionary entries, got ${indices[row]}`)
    }
  }
  if (entryCount === 0) return allNull(entries, indices.length, validity)
  const rows = entries.shape === 'bytes' ? rowsOfEntries(entries, indices) : indices.length
  const found = gatherColumn(entries, indices.subarray(0, rows)) as PlainColumn
  return { ...found, validity: bothValid(validity, found.validity, rows) }
}

/** A dictionary without entries, of rows that are all null. */
function allNull(entries: PlainColumn, rowCount: number, validity: Uint8Array | null): PlainColumn {
  if (entries.shape === 'bytes')
    return { ...entries, offsets: new Int32Array(rowCount + 1), validity }
  const values = new Uint8Array(rowCount * entries.width * entries.values.BYTES_PER_ELEMENT)
  return { ...entries, values, validity }
}

/** Few bytes of indices may stand for long values. */
function rowsOfEntries({ offsets }: BytesColumn, indices: Int32Array): number {
  let total = 0
  for (let row = 0; row < indices.length; row++) {
    total += offsets[indices[row] + 1] - offsets[indices[row]]
    if (total > readBytesMax) return Math.max(1, row)
  }
  return indices.length
}

function indicesOf(bytes: Uint8Array, indexBytes: number, isSigned: boolean): Int32Array {
  const count = bytes.length / indexBytes
  switch (indexBytes) {
    case 1:
      return Int32Array.from(isSigned ? new Int8Array(bytes.buffer, 0, count) : bytes)
    case 2:
      return Int32Array.from(
        isSigned ? new Int16Array(bytes.buffer, 0, count) : new Uint16Array(bytes.buffer, 0, count),
      )
    case 4:
      return new Int32Array(bytes.buffer, 0, count)
    default:
      return Int32Array.from(new BigInt64Array(bytes.buffer, 0, count), Number)
  }
}

/** How many rows a column has. */
export function rowsOfColumn(column: FileColumn): number {
  return column.shape === 'fixed' ? column.values.length / column.width : column.offsets.length - 1
}
