import { hasBit } from '../../column/bitmap.js'
import { type BytesColumn, type Column, type ListColumn, layoutOf } from '../../column/column.js'
import { growableColumn } from '../../column/growable-column.js'
import { gatherColumn } from '../../column/slice.js'
import { type CollectionSchema, fieldNamed } from '../../schema/collection-schema.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { FieldOperation, FieldOperations } from '../engine.js'

/** @throws parameterInvalid for a field that is no array */
export function checkOperations(schema: CollectionSchema, operations: FieldOperations): void {
  for (const [name, operation] of operations) {
    const field = fieldNamed(schema, name)
    if (!field) throw invalidParameter(`field_ops: field ${name} not exist`)
    if (field.dataType === DataType.Array && !field.struct) continue
    throw invalidParameter(`field_ops: ${operation} needs an Array field, got field ${name}`)
  }
}

/** Each row's stored elements with the given ones behind them, or without those that are given. */
export function operatedColumn(
  field: Field,
  operation: FieldOperation,
  stored: Column,
  given: Column,
  rowCount: number,
): Column {
  const both = growableColumn(layoutOf(field))
  both.append(stored, 0, rowCount)
  both.append(given, 0, rowCount)
  const all = both.snapshot() as ListColumn
  const keep = operation === 'append' ? appended : remaining
  const elements: number[] = []
  const offsets = new Int32Array(rowCount + 1)
  for (let row = 0; row < rowCount; row++) {
    elements.push(...keep(all, row, rowCount + row))
    offsets[row + 1] = elements.length
  }
  const child = gatherColumn(all.child, Int32Array.from(elements)) as ListColumn['child']
  return { shape: 'list', offsets, child, validity: eitherValid(all, rowCount) }
}

function appended(all: ListColumn, storedRow: number, givenRow: number): number[] {
  return [...elementsAt(all, storedRow), ...elementsAt(all, givenRow)]
}

function remaining(all: ListColumn, storedRow: number, givenRow: number): number[] {
  const removed = new Set(elementsAt(all, givenRow).map((element) => valueAt(all.child, element)))
  return elementsAt(all, storedRow).filter((element) => !removed.has(valueAt(all.child, element)))
}

function elementsAt({ offsets, validity }: ListColumn, row: number): number[] {
  if (validity !== null && !hasBit(validity, row)) return []
  const begin = offsets[row]
  return Array.from({ length: offsets[row + 1] - begin }, (_, index) => begin + index)
}

function valueAt(child: ListColumn['child'], element: number): bigint | number | string {
  if (child.shape === 'fixed') return child.values[element]
  const { bytes, offsets } = child as BytesColumn
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    'latin1',
    offsets[element],
    offsets[element + 1],
  )
}

/** A row is null where it was, and nothing was given. */
function eitherValid({ validity }: ListColumn, rowCount: number): Uint8Array | null {
  if (validity === null) return null
  const either = new Uint8Array((rowCount + 7) >> 3)
  for (let row = 0; row < rowCount; row++) {
    const isValid = hasBit(validity, row) || hasBit(validity, rowCount + row)
    either[row >> 3] |= Number(isValid) << (row & 7)
  }
  return either
}
