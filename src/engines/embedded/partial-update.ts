import { type BytesColumn, type Column, type ColumnBatch, layoutOf } from '../../column/column.js'
import { filledColumn, isFillable } from '../../column/filled-column.js'
import { growableColumn } from '../../column/growable-column.js'
import { bytesColumnFromTexts } from '../../column/key-column.js'
import { gatherColumn } from '../../column/slice.js'
import { bindExpr } from '../../expr/bind-expr.js'
import { parseExpr } from '../../expr/parse-expr.js'
import { memberTexts } from '../../formats/text/json-body.js'
import {
  type CollectionSchema,
  defaultPartitionName,
  partitionKeyOf,
  primaryKeyOf,
} from '../../schema/collection-schema.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { gatherField, gatherKeys } from '../../search/rows/gather.js'
import { selectRows } from '../../search/rows/row-query.js'
import { pkAt } from '../../segment/pk-order.js'
import type { FieldOperation, FieldOperations } from '../engine.js'
import { checkOperations, operatedColumn } from './array-operations.js'
import type { OpenCollection } from './collections.js'
import { partitionIdsOf } from './partitions-named.js'

/**
 * The rows with what they leave out taken from the rows that have their keys; a new key's row gets the
 * field's default, else null. The keys of dynamic fields are merged one by one, the elements of arrays as the
 * operations say.
 */
export async function withStoredValues(
  { record, rows }: OpenCollection,
  partitionName: string,
  batch: ColumnBatch,
  operations: FieldOperations,
): Promise<ColumnBatch> {
  const { schema } = record
  checkOperations(schema, operations)
  // As the rows' replacement: in one partition, except where a key routes them.
  const names = partitionKeyOf(schema) ? [] : [partitionName || defaultPartitionName]
  const partitionIds = partitionIdsOf(record, names)
  const snapshot = await rows.snapshot(partitionIds)
  try {
    const { views } = snapshot
    const bound = bindExpr(parseExpr(keyFilter(schema, batch)), schema)
    const found = await selectRows(views, bound, schema, { limit: null, offset: 0 })
    const storedRows = placesOf(schema, batch, await gatherKeys(views, found, schema), found.length)
    const columns = new Map(batch.columns)
    for (const field of schema.fields) {
      const given = columns.get(field.fieldId)
      const operation = operations.get(field.name)
      if (given && !field.isDynamic && !operation) continue
      const stored = await gatherField(views, found, field)
      const column = storedColumn(field, stored, storedRows, found.length, operation)
      columns.set(
        field.fieldId,
        given ? mergedColumn(field, operation, column, given, batch.rowCount) : column,
      )
    }
    return { rowCount: batch.rowCount, columns }
  } finally {
    snapshot.release()
  }
}

function keyFilter(schema: CollectionSchema, { rowCount, columns }: ColumnBatch): string {
  const pk = primaryKeyOf(schema)
  const keys = columns.get(pk.fieldId)!
  const texts = Array.from({ length: rowCount }, (_, row) => {
    const key = pkAt(keys, row)
    return typeof key === 'string' ? JSON.stringify(key) : key.toString()
  })
  return `${pk.name} in [${texts.join(',')}]`
}

/** Of each row of the batch, which of the found rows has its key; -1: none. */
function placesOf(
  schema: CollectionSchema,
  { rowCount, columns }: ColumnBatch,
  foundKeys: Column,
  foundCount: number,
): Int32Array {
  const places = new Map(
    Array.from({ length: foundCount }, (_, place) => [pkAt(foundKeys, place), place] as const),
  )
  const keys = columns.get(primaryKeyOf(schema).fieldId)!
  return Int32Array.from({ length: rowCount }, (_, row) => places.get(pkAt(keys, row)) ?? -1)
}

function storedColumn(
  field: Field,
  stored: Column,
  storedRows: Int32Array,
  foundCount: number,
  operation: FieldOperation | undefined,
): Column {
  if (!storedRows.includes(-1)) return gatherColumn(stored, storedRows)
  // A new row's array has no elements to change.
  if (!operation && !isFillable(field)) {
    throw invalidParameter(
      `fieldSchema(${field.name}) has no corresponding fieldData pass in, and no row has the key of row ${storedRows.indexOf(-1)}`,
    )
  }
  const withFiller = growableColumn(layoutOf(field))
  withFiller.append(stored, 0, foundCount)
  withFiller.append(filledColumn(field, 1), 0, 1)
  const rowOffsets = storedRows.map((place) => (place < 0 ? foundCount : place))
  return gatherColumn(withFiller.snapshot(), rowOffsets)
}

function mergedColumn(
  field: Field,
  operation: FieldOperation | undefined,
  stored: Column,
  given: Column,
  rowCount: number,
): Column {
  if (operation) return operatedColumn(field, operation, stored, given, rowCount)
  return mergedMembers(stored, given, rowCount)
}

function mergedMembers(stored: Column, given: Column, rowCount: number): Column {
  const texts = Array.from({ length: rowCount }, (_, row) => {
    const members = new Map([...membersAt(stored, row), ...membersAt(given, row)])
    const merged = [...members].map(([key, text]) => `${JSON.stringify(key)}:${text}`)
    return `{${merged.join(',')}}`
  })
  return bytesColumnFromTexts(texts)
}

function membersAt(column: Column, row: number) {
  const { bytes, offsets } = column as BytesColumn
  return memberTexts(bytes.subarray(offsets[row], offsets[row + 1]))
}
