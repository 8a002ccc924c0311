import type { Column } from '../column/column.js'
import { filledColumn } from '../column/filled-column.js'
import { isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { SegmentFile } from '../segment/segment-file.js'
import { SegmentReader } from '../segment/segment-reader.js'
import type { RefCount } from '../util/ref-count.js'

/** What a sealed segment's file holds: read when it is asked for, and kept until it is forgotten. */
export class SegmentColumns {
  readonly #path: string
  readonly #file: SegmentFile
  readonly #users: RefCount
  readonly #columns = new Map<number, Promise<Column>>()
  /** Which vectors are null: they lie in memory without it. */
  readonly #vectorValidity = new Map<number, Promise<Uint8Array | null>>()
  #pkOrder: Promise<Uint32Array | null> | null = null

  /** @param users of the file: it is not removed while it is read */
  constructor(path: string, file: SegmentFile, users: RefCount) {
    this.#path = path
    this.#file = file
    this.#users = users
  }

  /** False of a field that is younger than the segment: its rows have none of it. */
  has({ fieldId }: Field): boolean {
    return this.#file.columns.some((column) => column.fieldId === fieldId)
  }

  /** Kept, but for dense vectors. */
  column(field: Field): Promise<Column> {
    if (isDenseVectorType(field.dataType)) return this.read(field)
    const known = this.#columns.get(field.fieldId)
    if (known) return known
    const column = this.read(field)
    this.#columns.set(field.fieldId, column)
    column.catch(() => this.#columns.delete(field.fieldId))
    return column
  }

  /** A column for whoever needs it once: not kept. */
  async read(field: Field): Promise<Column> {
    const column = await this.withReader((reader) => reader.readColumn(field))
    // The field is younger than the file.
    return column ?? filledColumn(field, this.#file.rowCount)
  }

  /** A bit for every row that has a value of the field; null: all have. */
  async validity(field: Field): Promise<Uint8Array | null> {
    if (!field.nullable) return null
    if (!isDenseVectorType(field.dataType)) return (await this.column(field)).validity
    if (!this.has(field)) return filledColumn(field, this.#file.rowCount).validity
    const known = this.#vectorValidity.get(field.fieldId)
    if (known) return known
    const validity = this.withReader((reader) => reader.readValidity(field.fieldId))
    this.#vectorValidity.set(field.fieldId, validity)
    validity.catch(() => this.#vectorValidity.delete(field.fieldId))
    return validity
  }

  pkOrder(): Promise<Uint32Array | null> {
    if (this.#pkOrder) return this.#pkOrder
    const order = this.withReader((reader) => reader.readPkOrder())
    this.#pkOrder = order
    order.catch(() => {
      this.#pkOrder = null
    })
    return order
  }

  forget(): void {
    this.#columns.clear()
    this.#vectorValidity.clear()
    this.#pkOrder = null
  }

  async withReader<Result>(read: (reader: SegmentReader) => Promise<Result>): Promise<Result> {
    this.#users.retain()
    try {
      const reader = await SegmentReader.open(this.#path, this.#file)
      try {
        return await read(reader)
      } finally {
        await reader.close()
      }
    } finally {
      this.#users.release()
    }
  }
}
