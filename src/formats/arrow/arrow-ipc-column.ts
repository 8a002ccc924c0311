import { bitmapWithLength, bothValid, hasBit } from '../../column/bitmap.js'
import type { BytesColumn, Column } from '../../column/column.js'
import type { FileColumn, PlainColumn } from './arrow-conversion.js'
import { readBits, readValidity } from './arrow-ipc-bits.js'
import type { PlacedField, ReadContext } from './arrow-ipc-field.js'
import { readIndexed, rowsOfColumn } from './arrow-ipc-indexed.js'
import {
  readBytesMax,
  readOffsets,
  rebased,
  rowsEndingBy,
  rowsWithin,
} from './arrow-ipc-offsets.js'
import type { ArrowField } from './arrow-ipc-schema.js'
import { typedValues } from './arrow-ipc-values.js'
import { readViews } from './arrow-ipc-views.js'

/**
 * Rows `[begin, end)` of a field, or the first of them where all together would be too long; of a struct
 * the columns of its members.
 */
export async function readArrowColumns(
  placed: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<readonly Column[]> {
  const { layout, dictionary } = placed.field
  if (dictionary) return [await readPlain(placed, begin, end, context)]
  if (layout.kind === 'list' || layout.kind === 'fixedList') {
    return readLists(placed, begin, end, context)
  }
  if (layout.kind !== 'struct') return [await readPlain(placed, begin, end, context)]
  checkRows(placed, end)
  const validity = await readValidity(placed, begin, end, context)
  const members: Column[] = []
  for (const child of placed.children) {
    members.push(...(await readArrowColumns(child, begin, end, context)))
  }
  return members.map((member) => ({
    ...member,
    validity: bothValid(validity, member.validity, end - begin),
  }))
}

/** Lists, of structs one for each column of these. */
async function readLists(
  placed: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<readonly Column[]> {
  checkRows(placed, end)
  const offsets = await offsetsOf(placed, begin, end, context)
  const [item] = placed.children
  const known = rowsWithin(offsets, readBytesMax / widthOf(item.field))
  const children = await readItems(item, offsets[0], offsets[known], context)
  const itemCount = Math.min(...children.map(rowsOfColumn))
  const rows = rowsEndingBy(offsets, known, itemCount)
  const validity = await readValidity(placed, begin, begin + rows, context)
  const rowOffsets = rebased(offsets, rows)
  return children.map((child) => ({ shape: 'list', offsets: rowOffsets, child, validity }))
}

async function readItems(
  item: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<readonly PlainColumn[]> {
  const columns = await readArrowColumns(item, begin, end, context)
  return columns.map((column) => {
    if (column.shape !== 'list') return column
    throw new Error('values of list within others are not supported')
  })
}

/** As `readArrowColumns`, of one member of the structs that a list has. */
export async function readArrowMember(
  placed: PlacedField,
  memberIndex: number,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<FileColumn> {
  checkRows(placed, end)
  const offsets = await offsetsOf(placed, begin, end, context)
  const [item] = placed.children
  const member = item.children[memberIndex]
  const known = rowsWithin(offsets, readBytesMax / widthOf(member.field))
  const [elements] = await readArrowColumns(member, offsets[0], offsets[known], context)
  const rows = rowsEndingBy(offsets, known, rowsOfColumn(elements))
  const elementEnd = offsets[0] + rowsOfColumn(elements)
  const structs = await readValidity(item, offsets[0], elementEnd, context)
  const present = bothValid(structs, elements.validity, elementEnd - offsets[0])
  const head = {
    offsets: rebased(offsets, rows),
    validity: await readValidity(placed, begin, begin + rows, context),
  }
  return elements.shape === 'list'
    ? { ...head, shape: 'nested', child: { ...elements, validity: present } }
    : { ...head, shape: 'list', child: { ...elements, validity: present } }
}

/** Where the items of each row begin, and the last one's end. */
function offsetsOf(
  placed: PlacedField,
  begin: number,
  end: number,
  context: ReadContext,
): Promise<readonly number[]> | readonly number[] {
  const { layout } = placed.field
  if (layout.kind === 'list') return readOffsets(placed, layout.offsetBytes, begin, end, context)
  if (layout.kind !== 'fixedList') throw new Error(`lists of ${layout.kind} are not supported`)
  return Array.from({ length: end - begin + 1 }, (_, row) => (begin + row) * layout.length)
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
  const rows = rowsWithin(offsets, readBytesMax)
  const bytes = await context.buffers.read(placed.bufferIndex + 2, offsets[0], offsets[rows])
  return { shape: 'bytes', offsets: rebased(offsets, rows), bytes, validity }
}

function widthOf({ layout, dictionary }: ArrowField): number {
  return layout.kind === 'fixed' && !dictionary ? layout.width : 1
}

function checkRows({ rowCount }: PlacedField, end: number): void {
  if (end > rowCount) throw new Error(`expected a column of ${end} rows, got ${rowCount}`)
}
