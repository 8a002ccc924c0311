import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { MetadataVersion } from 'apache-arrow'
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file'
import { BufferRegion, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message'
import { bitmapWithLength, countBits, setBit } from '../column/bitmap.js'
import {
  type Column,
  type ColumnBatch,
  type ColumnLayout,
  type FixedColumn,
  layoutOf,
} from '../column/column.js'
import { type GrowableColumn, growableColumn } from '../column/growable-column.js'
import { MillraceError } from '../errors.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { giveWay } from '../workers/give-way.js'
import { arrowSchema } from './arrow-schema.js'
import { pkAt, pkOrderOf } from './pk-order.js'
import {
  arrowMagic,
  type ByteRange,
  type ColumnRanges,
  type SegmentColumn,
  type SegmentFile,
  segmentBodyBytesMax,
} from './segment-file.js'

/** A column of which the rows go to their place in the file at once. */
interface StreamedColumn {
  readonly field: Field
  readonly rowBytes: number
  start: number
  readonly validity: GrowableColumn | null
}

/** A column whose place is known only at the end: kept until then. */
interface KeptColumn {
  readonly field: Field
  readonly rows: GrowableColumn
}

/**
 * Writes one segment file, drawn in segment-file.ts. Memory is bounded by the columns of variable length;
 * rows of fixed length go to the file as they come. Synchronous: it runs in worker threads.
 */
export class SegmentWriter {
  readonly #path: string
  readonly #descriptor: number
  readonly #fields: readonly Field[]
  readonly #rowCapacity: number
  readonly #preamble: Uint8Array
  readonly #metadataBytes: number
  readonly #streamed = new Map<number, StreamedColumn>()
  readonly #kept = new Map<number, KeptColumn>()
  readonly #ranges = new Map<number, ColumnRanges>()
  #end: number
  #rowCount = 0
  #isOpen = true

  /** Creates the file; `fields` are those the batches will have, the primary key among them. */
  constructor(path: string, fields: readonly Field[], rowCapacity: number) {
    this.#path = path
    this.#fields = fields
    this.#rowCapacity = rowCapacity
    this.#preamble = preambleOf(fields)
    this.#metadataBytes = recordBatchBytes(fields)
    this.#end = this.#bodyStart
    for (const field of fields) this.#placeColumn(field)
    this.#checkBody()
    this.#descriptor = openSync(path, 'wx+')
  }

  get #bodyStart(): number {
    return aligned(this.#preamble.byteLength + this.#metadataBytes)
  }

  #placeColumn(field: Field): void {
    const layout = layoutOf(field)
    if (layout.shape !== 'fixed' || field.dataType === DataType.Bool) {
      this.#kept.set(field.fieldId, { field, rows: growableColumn(layout) })
      return
    }
    const rowBytes = layout.width * layout.valuesType.BYTES_PER_ELEMENT
    const validity = field.nullable ? growableColumn(flagLayout) : null
    this.#streamed.set(field.fieldId, { field, rowBytes, start: this.#end, validity })
    this.#end = aligned(this.#end + rowBytes * this.#rowCapacity)
  }

  /**
   * @throws ioFailed when the disk refuses, unexpected when the batch lacks a column or the file would
   * grow past what Arrow readers can open.
   */
  append(batch: ColumnBatch): void {
    if (this.#rowCount + batch.rowCount > this.#rowCapacity) {
      throw new MillraceError(
        'unexpected',
        `segment ${this.#path}: room for ${this.#rowCapacity} rows, got ${this.#rowCount + batch.rowCount}`,
      )
    }
    for (const field of this.#fields) {
      const column = batch.columns.get(field.fieldId)
      if (!column) throw new MillraceError('unexpected', `segment: no column for "${field.name}"`)
      this.#appendColumn(field.fieldId, column, batch.rowCount)
    }
    this.#rowCount += batch.rowCount
  }

  #appendColumn(fieldId: number, column: Column, rowCount: number): void {
    const kept = this.#kept.get(fieldId)
    if (kept) {
      kept.rows.append(column, 0, rowCount)
      return
    }
    const streamed = this.#streamed.get(fieldId)!
    const { values, width, validity } = column as FixedColumn
    const rows = values.subarray(0, rowCount * width)
    this.#writeAt(bytesOf(rows), streamed.start + this.#rowCount * streamed.rowBytes)
    streamed.validity?.append({ ...zeroRows(rowCount), validity }, 0, rowCount)
  }

  /** Writes what is left, syncs and closes. The file counts once a transaction names it. */
  finish(): SegmentFile {
    this.#closeHoles()
    for (const streamed of this.#streamed.values()) this.#finishStreamed(streamed)
    for (const kept of this.#kept.values()) this.#finishKept(kept)
    this.#checkBody()
    const bodyEnd = this.#end
    const { pkOrder, pkMin, pkMax } = this.#writePkOrder()
    this.#writeFooter(bodyEnd)
    this.#orIoFailed(() => fsyncSync(this.#descriptor))
    this.#close()
    const columns: SegmentColumn[] = [...this.#ranges].map(([fieldId, ranges]) => ({
      fieldId,
      ...ranges,
    }))
    return { rowCount: this.#rowCount, fileBytes: this.#end, columns, pkMin, pkMax, pkOrder }
  }

  /** Closes and removes the file. */
  abort(): void {
    if (!this.#isOpen) return
    this.#close()
    rmSync(this.#path, { force: true })
  }

  #close(): void {
    this.#isOpen = false
    closeSync(this.#descriptor)
  }

  /** Moves the columns down where much of the room for rows was not needed. */
  #closeHoles(): void {
    const emptyRows = this.#rowCapacity - this.#rowCount
    if (emptyRows < this.#rowCapacity * holeShareMax) return
    let end = this.#bodyStart
    for (const streamed of this.#streamed.values()) {
      const byteLength = streamed.rowBytes * this.#rowCount
      this.#moveDown(streamed.start, end, byteLength)
      streamed.start = end
      end = aligned(end + byteLength)
    }
    this.#end = end
  }

  #moveDown(from: number, to: number, byteLength: number): void {
    if (from === to) return
    const buffer = new Uint8Array(Math.min(byteLength, moveBytes))
    for (let done = 0; done < byteLength; ) {
      const piece = buffer.subarray(0, Math.min(buffer.byteLength, byteLength - done))
      this.#readAt(piece, from + done)
      this.#writeAt(piece, to + done)
      done += piece.byteLength
    }
  }

  #finishStreamed({ field, rowBytes, start, validity }: StreamedColumn): void {
    const values = { offset: start, length: this.#rowCount * rowBytes }
    const bits = this.#pushValidity(validity?.snapshot().validity ?? null)
    this.#ranges.set(field.fieldId, {
      ...bits,
      values,
      offsets: null,
      child: null,
      rowCount: this.#rowCount,
    })
  }

  #finishKept({ field, rows }: KeptColumn): void {
    this.#ranges.set(
      field.fieldId,
      this.#pushColumn(rows.snapshot(), this.#rowCount, elementTypeOf(field)),
    )
  }

  #pushColumn(column: Column, rowCount: number, valueType: DataType): ColumnRanges {
    const bits = this.#pushValidity(column.validity, rowCount)
    if (column.shape === 'fixed') {
      const values =
        valueType === DataType.Bool
          ? packedBits(column.values as Uint8Array)
          : bytesOf(column.values)
      return { ...bits, offsets: null, values: this.#push(values), child: null, rowCount }
    }
    const offsets = this.#push(bytesOf(column.offsets))
    if (column.shape === 'bytes') {
      return { ...bits, offsets, values: this.#push(column.bytes), child: null, rowCount }
    }
    const child = this.#pushColumn(column.child, column.offsets[rowCount], valueType)
    return { ...bits, offsets, values: null, child, rowCount }
  }

  #pushValidity(validity: Uint8Array | null, rowCount = this.#rowCount) {
    if (validity === null) return { validity: null, nullCount: 0 }
    const nullCount = rowCount - countBits(validity, rowCount)
    return { validity: nullCount === 0 ? null : this.#push(validity), nullCount }
  }

  #push(bytes: Uint8Array): ByteRange {
    const offset = this.#end
    this.#writeAt(bytes, offset)
    this.#end = aligned(offset + bytes.byteLength)
    return { offset, length: bytes.byteLength }
  }

  #writePkOrder() {
    const pk = this.#fields.find((field) => field.isPrimaryKey)!
    const column = this.#kept.get(pk.fieldId)?.rows.snapshot() ?? this.#readBackKeys(pk.fieldId)
    const order = pkOrderOf(column, this.#rowCount)
    const rowAt = (position: number) => (order === null ? position : order[position])
    return {
      pkOrder: order === null ? null : this.#push(bytesOf(order)),
      pkMin: pkAt(column, rowAt(0)),
      pkMax: pkAt(column, rowAt(this.#rowCount - 1)),
    }
  }

  #readBackKeys(fieldId: number): FixedColumn {
    const values = new BigInt64Array(this.#rowCount)
    this.#readAt(bytesOf(values), this.#ranges.get(fieldId)!.values!.offset)
    return { shape: 'fixed', values, width: 1, validity: null }
  }

  #writeFooter(bodyEnd: number): void {
    const bodyStart = this.#bodyStart
    const metadata = recordBatchMessage(
      this.#fields,
      this.#ranges,
      this.#rowCount,
      bodyStart,
      bodyEnd,
    )
    const head = new Uint8Array(bodyStart)
    head.set(this.#preamble)
    const metadataRoom = bodyStart - this.#preamble.byteLength
    head.set(framed(metadata, metadataRoom), this.#preamble.byteLength)
    this.#writeAt(head, 0)
    const block = new FileBlock(metadataRoom, bodyEnd - bodyStart, this.#preamble.byteLength)
    const footer = Footer.encode(
      new Footer(arrowSchema(this.#fields), MetadataVersion.V5, [block], []),
    )
    this.#push(bytesOf(Int32Array.of(-1, 0)))
    const tail = Buffer.concat([
      footer,
      bytesOf(Int32Array.of(footer.byteLength)),
      Buffer.from(arrowMagic),
    ])
    this.#writeAt(tail, this.#end)
    this.#end += tail.byteLength
    this.#orIoFailed(() => ftruncateSync(this.#descriptor, this.#end))
  }

  #checkBody(): void {
    const bytes = this.#end - this.#bodyStart
    if (bytes <= segmentBodyBytesMax) return
    throw new MillraceError(
      'unexpected',
      `segment ${this.#path}: expected at most ${segmentBodyBytesMax} bytes of columns, got ${bytes}`,
    )
  }

  #readAt(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.byteLength; ) {
      done += readSync(this.#descriptor, bytes, done, bytes.byteLength - done, position + done)
    }
  }

  #writeAt(bytes: Uint8Array, position: number): void {
    this.#orIoFailed(() => {
      for (let done = 0; done < bytes.byteLength; ) {
        const length = Math.min(bytes.byteLength - done, writeBytesMax)
        done += writeSync(this.#descriptor, bytes, done, length, position + done)
        giveWay()
      }
    })
  }

  #orIoFailed(write: () => void): void {
    try {
      write()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new MillraceError(
        'ioFailed',
        `segment ${this.#path} could not be written: ${reason}`,
        {},
        error,
      )
    }
  }
}

/** More empty room than this share of a file is closed at its end. */
const holeShareMax = 1 / 8
const moveBytes = 512 * 1024
/** A fraction of a millisecond. */
const writeBytesMax = 512 * 1024

const flagLayout: ColumnLayout = { shape: 'fixed', valuesType: Uint8Array, width: 0 }

/** Rows without values: the carrier of a validity bitmap. */
function zeroRows(_rowCount: number): FixedColumn {
  return { shape: 'fixed', values: new Uint8Array(0), width: 0, validity: null }
}

function elementTypeOf(field: Field): DataType {
  return field.dataType === DataType.Array ? field.elementType : field.dataType
}

function packedBits(flags: Uint8Array): Uint8Array {
  const bits = bitmapWithLength(flags.length)
  for (let row = 0; row < flags.length; row++) if (flags[row] !== 0) setBit(bits, row)
  return bits
}

function preambleOf(fields: readonly Field[]): Uint8Array {
  const schema = Message.encode(Message.from(arrowSchema(fields)))
  const room = padded8(schema.byteLength + 8)
  const preamble = new Uint8Array(8 + room)
  preamble.set(Buffer.from(arrowMagic))
  preamble.set(framed(schema, room), 8)
  return preamble
}

/** A message behind its continuation mark and length, filled up to `room` bytes. */
function framed(message: Uint8Array, room: number): Uint8Array {
  const frame = new Uint8Array(room)
  frame.set(bytesOf(Int32Array.of(-1, room - 8)))
  frame.set(message, 8)
  return frame
}

/** The room the metadata takes, measured on numbers that are not zero, since those are left out. */
function recordBatchBytes(fields: readonly Field[]): number {
  const one = { offset: 1, length: 1 }
  const plain: ColumnRanges = {
    nullCount: 1,
    validity: one,
    offsets: one,
    values: one,
    child: null,
    rowCount: 1,
  }
  const ranges = new Map(fields.map((field) => [field.fieldId, { ...plain, child: plain }]))
  return recordBatchMessage(fields, ranges, 1, 0, 1).byteLength + 8
}

function recordBatchMessage(
  fields: readonly Field[],
  ranges: ReadonlyMap<number, ColumnRanges>,
  rowCount: number,
  bodyStart: number,
  bodyEnd: number,
): Uint8Array {
  const nodes: FieldNode[] = []
  const regions: BufferRegion[] = []
  const region = (range: ByteRange | null) =>
    regions.push(new BufferRegion(range ? range.offset - bodyStart : 0, range?.length ?? 0))
  for (const field of fields) {
    const column = ranges.get(field.fieldId)!
    nodes.push(new FieldNode(rowCount, column.nullCount))
    region(column.validity)
    pushRegions(field, column, nodes, region)
  }
  return Message.encode(
    Message.from(new RecordBatch(rowCount, nodes, regions, null), bodyEnd - bodyStart),
  )
}

/** A column's buffers after its validity, in the order that Arrow has for its type. */
function pushRegions(
  field: Field,
  column: ColumnRanges,
  nodes: FieldNode[],
  region: (range: ByteRange | null) => void,
): void {
  const layout = layoutOf(field)
  if (layout.shape === 'fixed') {
    if (isArrowList(field.dataType)) {
      nodes.push(new FieldNode(column.rowCount * field.dim, 0))
      region(null)
    }
    region(column.values)
    return
  }
  region(column.offsets)
  if (layout.shape === 'bytes') {
    region(column.values)
    return
  }
  nodes.push(new FieldNode(column.child!.rowCount, 0))
  region(null)
  if (isArrowList(field.elementType)) {
    nodes.push(new FieldNode(column.child!.rowCount * field.dim, 0))
    region(null)
  }
  if (layout.child.shape === 'bytes') region(column.child!.offsets)
  region(column.child!.values)
}

function isArrowList(dataType: DataType): boolean {
  return (
    dataType === DataType.FloatVector ||
    dataType === DataType.Float16Vector ||
    dataType === DataType.Int8Vector
  )
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function padded8(byteLength: number): number {
  return (byteLength + 7) & ~7
}

function aligned(position: number): number {
  return Math.ceil(position / 64) * 64
}
