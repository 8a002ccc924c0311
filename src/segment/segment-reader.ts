import { type FileHandle, open } from 'node:fs/promises'
import { hasBit } from '../column/bitmap.js'
import { type Column, type ColumnLayout, type FixedColumn, layoutOf } from '../column/column.js'
import { MillraceError } from '../errors.js'
import { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { RowFile } from '../source/row-file.js'
import type { ByteRange, ColumnRanges, SegmentFile } from './segment-file.js'

const readBytesMax = 64 * 1024 ** 2

/**
 * Reads columns of a segment file by the ranges its writer noted, each buffer by one read straight into
 * shared memory, so that workers can see it.
 */
export class SegmentReader {
  readonly #handle: FileHandle
  readonly #path: string
  readonly #file: SegmentFile

  private constructor(handle: FileHandle, path: string, file: SegmentFile) {
    this.#handle = handle
    this.#path = path
    this.#file = file
  }

  /** @throws ioFailed when the file is missing or not as long as it was. */
  static async open(path: string, file: SegmentFile): Promise<SegmentReader> {
    let handle: FileHandle
    try {
      handle = await open(path, 'r')
    } catch (error) {
      throw new MillraceError('ioFailed', `segment file ${path} could not be opened`, {}, error)
    }
    const size = await handle.stat().then(
      (stat) => stat.size,
      () => -1,
    )
    if (size === file.fileBytes) return new SegmentReader(handle, path, file)
    await handle.close()
    throw new MillraceError(
      'ioFailed',
      `segment file ${path}: expected ${file.fileBytes} bytes, got ${size}`,
    )
  }

  /** The column of a field, or undefined where the segment has none. */
  async readColumn(field: Field): Promise<Column | undefined> {
    const ranges = this.#file.columns.find((column) => column.fieldId === field.fieldId)
    return ranges && this.#read(ranges, layoutOf(field), valueTypeOf(field))
  }

  /** The raw values of a fixed column, read into `target`, which has their exact length. */
  async readValuesInto(fieldId: number, target: Uint8Array): Promise<void> {
    const ranges = this.#file.columns.find((column) => column.fieldId === fieldId)
    await this.#readInto(ranges!.values!, target)
  }

  /** Where the raw values of a column of fixed rows lie. */
  rowFile(fieldId: number, rowBytes: number): RowFile {
    const ranges = this.#file.columns.find((column) => column.fieldId === fieldId)
    return { path: this.#path, byteOffset: ranges!.values!.offset, rowBytes }
  }

  async readValidity(fieldId: number): Promise<Uint8Array | null> {
    const ranges = this.#file.columns.find((column) => column.fieldId === fieldId)
    return ranges?.validity ? this.#readBytes(ranges.validity) : null
  }

  async readPkOrder(): Promise<Uint32Array | null> {
    if (this.#file.pkOrder === null) return null
    const bytes = await this.#readBytes(this.#file.pkOrder)
    return new Uint32Array(bytes.buffer, 0, bytes.byteLength / 4)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #read(ranges: ColumnRanges, layout: ColumnLayout, valueType: DataType): Promise<Column> {
    const validity = ranges.validity ? await this.#readBytes(ranges.validity) : null
    if (layout.shape === 'fixed') {
      return { ...(await this.#readFixed(ranges, layout, valueType)), validity }
    }
    const offsetBytes = await this.#readBytes(ranges.offsets!)
    const offsets = new Int32Array(offsetBytes.buffer, 0, ranges.rowCount + 1)
    if (layout.shape === 'bytes') {
      return { shape: 'bytes', offsets, bytes: await this.#readBytes(ranges.values!), validity }
    }
    const child = await this.#read(ranges.child!, layout.child, valueType)
    if (child.shape === 'list') throw new TypeError('a list of lists has no column')
    return { shape: 'list', offsets, child, validity }
  }

  async #readFixed(
    ranges: ColumnRanges,
    layout: Extract<ColumnLayout, { shape: 'fixed' }>,
    valueType: DataType,
  ): Promise<FixedColumn> {
    const bytes = await this.#readBytes(ranges.values!)
    const length = ranges.rowCount * layout.width
    const values =
      valueType === DataType.Bool
        ? unpackedBits(bytes, ranges.rowCount)
        : new layout.valuesType(bytes.buffer, 0, length)
    return { shape: 'fixed', values, width: layout.width, validity: null }
  }

  async #readBytes(range: ByteRange): Promise<Uint8Array> {
    const target = new Uint8Array(new SharedArrayBuffer(range.length))
    await this.#readInto(range, target)
    return target
  }

  async #readInto(range: ByteRange, target: Uint8Array): Promise<void> {
    for (let done = 0; done < range.length; ) {
      const length = Math.min(range.length - done, readBytesMax)
      const { bytesRead } = await this.#handle.read(target, done, length, range.offset + done)
      if (bytesRead === 0) {
        throw new MillraceError(
          'ioFailed',
          `segment file ${this.#path} ends at ${range.offset + done}`,
        )
      }
      done += bytesRead
    }
  }
}

function valueTypeOf(field: Field): DataType {
  return field.dataType === DataType.Array ? field.elementType : field.dataType
}

function unpackedBits(bits: Uint8Array, rowCount: number): Uint8Array {
  const flags = new Uint8Array(new SharedArrayBuffer(rowCount))
  for (let row = 0; row < rowCount; row++) flags[row] = hasBit(bits, row) ? 1 : 0
  return flags
}
