import { bitmapWithLength, hasBit, setBit } from '../column/bitmap.js'
import type { BytesColumn, Column, FixedValues } from '../column/column.js'
import { gatherColumn } from '../column/slice.js'
import type { PlainColumn } from './arrow-conversion.js'
import type { ArrowBuffers } from './arrow-ipc-buffers.js'
import type { ArrowField } from './arrow-ipc-schema.js'
import type { ArrowType } from './arrow-type.js'

/** Where rows take more, fewer of them are read. */
const bytesMax = 32 * 1024 ** 2

/** A field with the places of its nodes and buffers in a record batch. */
export interface PlacedField {
  readonly field: ArrowField
  readonly rowCount: number
  /** The first of its buffers. */
  readonly bufferIndex: number
  readonly viewBufferCount: number
  readonly children: readonly PlacedField[]
}

export interface ReadContext {
  readonly buffers: ArrowBuffers
  dictionary(field: ArrowField): Promise<PlainColumn>
}

/**
 * Rows `[begin, end)` of a field, or the first of them where all together would be too long; of a struct
 * its members.
 */
export async function readArrowColumns(
  placed: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<readonly Column[]> {
  if (placed.field.layout.kind !== 'struct' || placed.field.dictionary) {
    return [await readColumn(placed, begin, end, context)]
  }
  const validity = await readValidity(placed, begin, end, context)
  const members: Column[] = []
  for (const child of placed.children) members.push(await readColumn(child, begin, end, context))
  return members.map((member) => ({
    ...member,
    validity: both(validity, member.validity, end - begin),
  }))
}

async function readColumn(
  placed: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<Column> {
  checkRows(placed, end)
  const { layout } = placed.field
  if (placed.field.dictionary || (layout.kind !== 'list' && layout.kind !== 'fixedList')) {
    return readPlain(placed, begin, end, context)
  }
  const offsets =
    layout.kind === 'list'
      ? await readOffsets(placed, layout.offsetBytes, begin, end, context)
      : Array.from({ length: end - begin + 1 }, (_, row) => (begin + row) * layout.length)
  const [item] = placed.children
  const known = rowsWithin(offsets, bytesMax / widthOf(item.field))
  const child = await readPlain(item, offsets[0], offsets[known], context)
  const rows = rowsEndingBy(offsets, known, rowsOfColumn(child))
  const validity = await readValidity(placed, begin, begin + rows, context)
  return { shape: 'list', offsets: rebased(offsets, rows), child, validity }
}

/** Rows of a field that is neither a list nor a struct, or the first of them. */
export async function readPlain(
  placed: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<PlainColumn> {
  checkRows(placed, end)
  const { layout, type, dictionary } = placed.field
  if (dictionary) return readIndexed(placed, begin, end, context)
  const validity = await readValidity(placed, begin, end, context)
  switch (layout.kind) {
    case 'null':
      return {
        shape: 'fixed',
        values: new Uint8Array(end - begin),
        width: 1,
        validity: bitmapWithLength(end - begin),
      }
    case 'bits': {
      const bits = await readBits(placed.bufferIndex + 1, begin, end, context)
      const values = Uint8Array.from({ length: end - begin }, (_, row) => Number(hasBit(bits, row)))
      return { shape: 'fixed', values, width: 1, validity }
    }
    case 'fixed': {
      const { width } = layout
      const bytes = await context.buffers.read(placed.bufferIndex + 1, begin * width, end * width)
      const values = typedValues(type, width, bytes)
      return { shape: 'fixed', values, width: values instanceof Uint8Array ? width : 1, validity }
    }
    case 'bytes':
      return readBytes(placed, layout.offsetBytes, begin, end, validity, context)
    case 'views':
      return readViews(placed, begin, end, validity, context)
    default:
      throw new Error(`values of ${layout.kind} within others are not supported`)
  }
}

async function readBytes(
  placed: PlacedField,
  offsetBytes: 4 | 8,
  begin: number,
  end: number,
  validity: Uint8Array | null,
  context: ReadContext,
): Promise<BytesColumn> {
  const offsets = await readOffsets(placed, offsetBytes, begin, end, context)
  const rows = rowsWithin(offsets, bytesMax)
  const bytes = await context.buffers.read(placed.bufferIndex + 2, offsets[0], offsets[rows])
  return { shape: 'bytes', offsets: rebased(offsets, rows), bytes, validity }
}

const viewBytes = 16
const inlineBytes = 12

/** A view: length, then up to 12 bytes, or 4 bytes and the buffer and the place where all of them are. */
async function readViews(
  placed: PlacedField,
  begin: number,
  end: number,
  validity: Uint8Array | null,
  context: ReadContext,
): Promise<BytesColumn> {
  const first = placed.bufferIndex + 1
  const bytes = await context.buffers.read(first, begin * viewBytes, end * viewBytes)
  const views = new Int32Array(bytes.buffer, 0, (end - begin) * 4)
  const lengths = Array.from({ length: end - begin }, (_, row) =>
    validity === null || hasBit(validity, row) ? views[row * 4] : 0,
  )
  const offsets = [0]
  for (const length of lengths) offsets.push(offsets[offsets.length - 1] + checkedLength(length))
  const rows = rowsWithin(offsets, bytesMax)
  const texts = new Uint8Array(offsets[rows])
  for (let row = 0; row < rows; row++) {
    const length = lengths[row]
    const isInline = length <= inlineBytes
    const buffer = views[row * 4 + 2]
    const from = views[row * 4 + 3]
    if (!isInline && (buffer < 0 || buffer >= placed.viewBufferCount || from < 0)) {
      throw new Error(`a view of buffer ${buffer} of ${placed.viewBufferCount}`)
    }
    const text = isInline
      ? bytes.subarray(row * viewBytes + 4, row * viewBytes + 4 + length)
      : await context.buffers.read(first + 1 + buffer, from, from + length)
    texts.set(text, offsets[row])
  }
  return {
    shape: 'bytes',
    offsets: Int32Array.from(offsets.slice(0, rows + 1)),
    bytes: texts,
    validity,
  }
}

function checkedLength(length: number): number {
  if (length < 0) throw new Error(`a view of ${length} bytes`)
  return length
}

async function readIndexed(
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
  return { ...found, validity: both(validity, found.validity, rows) }
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
    if (total > bytesMax) return Math.max(1, row)
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

/** An empty buffer of validity: there are no nulls. */
async function readValidity(
  { field, bufferIndex }: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<Uint8Array | null> {
  if (field.layout.kind === 'null' || context.buffers.isEmpty(bufferIndex)) return null
  const bits = await readBits(bufferIndex, begin, end, context)
  for (let row = 0; row < end - begin; row++) if (!hasBit(bits, row)) return bits
  return null
}

async function readBits(
  bufferIndex: number,
  begin: number,
  end: number,
  { buffers }: ReadContext,
): Promise<Uint8Array> {
  const bytes = await buffers.read(bufferIndex, Math.floor(begin / 8), Math.ceil(end / 8))
  if ((begin & 7) === 0) return bytes
  const bits = bitmapWithLength(end - begin)
  for (let row = 0; row < end - begin; row++)
    if (hasBit(bytes, (begin & 7) + row)) setBit(bits, row)
  return bits
}

async function readOffsets(
  { bufferIndex }: PlacedField,
  offsetBytes: 4 | 8,
  begin: number,
  end: number,
  { buffers }: ReadContext,
): Promise<readonly number[]> {
  // A column without rows may have no offsets.
  if (begin === end) return [0]
  const bytes = await buffers.read(bufferIndex + 1, begin * offsetBytes, (end + 1) * offsetBytes)
  const count = end - begin + 1
  const offsets =
    offsetBytes === 4
      ? Array.from(new Int32Array(bytes.buffer, 0, count))
      : Array.from(new BigInt64Array(bytes.buffer, 0, count), Number)
  for (let row = 0; row < count; row++) {
    if (offsets[row] < (row === 0 ? 0 : offsets[row - 1])) {
      throw new Error(`offsets that fall to ${offsets[row]}`)
    }
  }
  return offsets
}

/** How many rows, one or more, lie within so much. */
function rowsWithin(offsets: readonly number[], lengthMax: number): number {
  const rowCount = offsets.length - 1
  if (rowCount === 0 || offsets[rowCount] - offsets[0] <= lengthMax) return rowCount
  let rows = 1
  while (rows < rowCount && offsets[rows + 1] - offsets[0] <= lengthMax) rows++
  return rows
}

/** How many rows end within as many items; the last items may have been too long to read. */
function rowsEndingBy(offsets: readonly number[], rowCount: number, itemCount: number): number {
  let rows = rowCount
  while (rows > 0 && offsets[rows] - offsets[0] > itemCount) rows--
  if (rows === 0 && rowCount > 0) throw new Error(`a row of more than ${bytesMax} bytes`)
  return rows
}

function rebased(offsets: readonly number[], rows: number): Int32Array {
  return Int32Array.from({ length: rows + 1 }, (_, row) => offsets[row] - offsets[0])
}

function widthOf({ layout, dictionary }: ArrowField): number {
  return layout.kind === 'fixed' && !dictionary ? layout.width : 1
}

function checkRows({ rowCount }: PlacedField, end: number): void {
  if (end > rowCount) throw new Error(`expected a column of ${end} rows, got ${rowCount}`)
}

function typedValues(
  type: ArrowType,
  width: number,
  { buffer, byteLength }: Uint8Array,
): FixedValues {
  switch (type.kind) {
    case 'int':
      return integersOf(type.bits, type.isSigned, buffer, byteLength)
    case 'float':
      if (type.bits === 16) return new Uint16Array(buffer, 0, byteLength / 2)
      return type.bits === 32
        ? new Float32Array(buffer, 0, byteLength / 4)
        : new Float64Array(buffer, 0, byteLength / 8)
    case 'date':
    case 'timestamp':
      return width === 4
        ? new Int32Array(buffer, 0, byteLength / 4)
        : new BigInt64Array(buffer, 0, byteLength / 8)
    default:
      return new Uint8Array(buffer, 0, byteLength)
  }
}

function integersOf(
  bits: 8 | 16 | 32 | 64,
  isSigned: boolean,
  buffer: ArrayBufferLike,
  byteLength: number,
): FixedValues {
  if (bits === 64) return new BigInt64Array(buffer, 0, byteLength / 8)
  if (bits === 32) return new Int32Array(buffer, 0, byteLength / 4)
  if (bits === 16) {
    return isSigned
      ? new Int16Array(buffer, 0, byteLength / 2)
      : new Uint16Array(buffer, 0, byteLength / 2)
  }
  return isSigned ? new Int8Array(buffer, 0, byteLength) : new Uint8Array(buffer, 0, byteLength)
}

/** The rows that are in both; null stands for all. */
function both(
  left: Uint8Array | null,
  right: Uint8Array | null,
  rowCount: number,
): Uint8Array | null {
  if (left === null || right === null) return left ?? right
  return Uint8Array.from({ length: (rowCount + 7) >> 3 }, (_, byte) => left[byte] & right[byte])
}

/** How many rows a column has. */
export function rowsOfColumn(column: Column): number {
  return column.shape === 'fixed' ? column.values.length / column.width : column.offsets.length - 1
}
