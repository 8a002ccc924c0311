import { type Column, type ColumnBatch, layoutOf } from '../../column/column.js'
import {
  type BytesBuilder,
  type ColumnBuilder,
  columnBuilder,
} from '../../column/column-builder.js'
import { filledColumn, isFillable } from '../../column/filled-column.js'
import { dataTypeName } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { structField } from '../../schema/struct-array.js'
import { DynamicMembers } from './dynamic-members.js'
import { ValueFault } from './value-fault.js'

/** A batch's columns while rows are added to them, one row after the other. */
export class RowColumns {
  readonly fields: readonly Field[]
  readonly builders: readonly ColumnBuilder[]
  /** Of `$meta`; null where dynamic fields are off. */
  readonly dynamic: DynamicMembers | null
  /** Of one row; null where a field must have a value. */
  readonly #filled: readonly (Column | null)[]
  rowCount = 0

  constructor(fields: readonly Field[]) {
    this.fields = fields
    this.builders = fields.map((field) => columnBuilder(layoutOf(field)))
    this.#filled = fields.map((field) => (isFillable(field) ? filledColumn(field, 1) : null))
    const dynamic = fields.findIndex(({ isDynamic }) => isDynamic)
    this.dynamic =
      dynamic < 0
        ? null
        : new DynamicMembers(fields[dynamic], this.builders[dynamic] as BytesBuilder)
  }

  isFillable(fieldIndex: number): boolean {
    return this.#filled[fieldIndex] !== null
  }

  /** Begins a field's value in the current row: one that it has already is forgotten. */
  openValue(fieldIndex: number): void {
    const builder = this.builders[fieldIndex]
    if (builder.rowCount > this.rowCount) builder.truncate(this.rowCount)
  }

  /** A value that is null: the default, else null. Of `$meta` it is as good as none. */
  appendNull(fieldIndex: number): void {
    if (this.fields[fieldIndex].isDynamic) return
    const filled = this.#filled[fieldIndex]
    if (filled === null) throw notNullable(this.fields[fieldIndex])
    this.builders[fieldIndex].appendFilled(filled)
  }

  /** Ends the current row: fields without a value get their default, else null. */
  closeRow(): void {
    this.dynamic?.closeRow()
    for (let index = 0; index < this.builders.length; index++) {
      if (this.builders[index].rowCount === this.rowCount) this.#fill(index)
    }
    this.rowCount++
  }

  /** Ends rows whose values were appended a column at a time. */
  closeRows(count: number): void {
    this.rowCount += count
    for (let index = 0; index < this.builders.length; index++) {
      while (this.builders[index].rowCount < this.rowCount) this.#fill(index)
    }
  }

  #fill(fieldIndex: number): void {
    const filled = this.#filled[fieldIndex]
    if (filled === null) throw missing(this.fields[fieldIndex])
    this.builders[fieldIndex].appendFilled(filled)
  }

  /** Takes back what a broken row left behind. */
  dropRow(): void {
    this.#truncate(this.rowCount)
  }

  clear(): void {
    this.rowCount = 0
    this.#truncate(0)
  }

  #truncate(rowCount: number): void {
    for (const builder of this.builders) builder.truncate(rowCount)
    this.dynamic?.dropRow()
  }

  /** Views of the rows so far, good until `clear`. */
  batch(): ColumnBatch {
    const columns = new Map(
      this.fields.map(({ fieldId }, index) => [fieldId, this.builders[index].finish()] as const),
    )
    return { rowCount: this.rowCount, columns }
  }
}

function notNullable(field: Field): ValueFault {
  const { name, dataType } = field.struct ? structField(field.struct) : field
  const newest = `expected type '${dataTypeName(dataType)}' for field '${name}', got type '<nil>' with value '<nil>'`
  return new ValueFault(name, `expected a value, got null: the field is not nullable: ${newest}`)
}

function missing(field: Field): ValueFault {
  const name = field.struct?.name ?? field.name
  return new ValueFault(name, `expected a value, got none: value of field '${name}' is missed`)
}
