import { gatherColumn } from '../../column/slice.js'
import type { BoundExpr } from '../../expr/bound-expr.js'
import { type CollectionSchema, fieldNamed } from '../../schema/collection-schema.js'
import {
  DataType,
  dataTypeName,
  isFloatingType,
  isIntegerType,
  isStringType,
} from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { checkGroupField } from '../../search/ranking/group-values.js'
import { type Aggregate, aggregateField } from '../../search/rows/aggregate.js'
import { type AggregateOperation, parseAggregate } from '../../search/rows/aggregate-name.js'
import { gatherField } from '../../search/rows/gather.js'
import { orderedPlaces } from '../../search/rows/order-rows.js'
import { groupRows } from '../../search/rows/row-groups.js'
import { passingRows } from '../../search/rows/row-query.js'
import type { OutputField, QueryRequest } from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'

/**
 * The groups that a query asks for, a row for each: in the order it asks for, else by their values. All rows
 * count, also those that share a key, as in `count(*)`.
 */
export async function aggregatedFields(
  views: readonly SegmentView[],
  filter: BoundExpr | null,
  schema: CollectionSchema,
  request: QueryRequest,
): Promise<OutputField[]> {
  const groupFields = (request.groupBy ?? []).map((name) => groupFieldNamed(schema, name))
  const outputs = request.outputFields.map((name) => outputNamed(schema, groupFields, name))
  const rows = await passingRows(views, filter, request.signal)
  const gather = (field: Field) => gatherField(views, rows, field)
  const keys = await Promise.all(groupFields.map(gather))
  const groups = groupRows(keys, rows.length)
  const keyFields = groupFields.map((field, index): OutputField => {
    const column = gatherColumn(keys[index], groups.firstRows)
    return { field, column, rowCount: groups.groupCount }
  })
  const fields = await Promise.all(
    outputs.map(async (output) => {
      if (!('operation' in output)) return keyFields[groupFields.indexOf(output)]
      return aggregateField(output, output.field && (await gather(output.field)), groups)
    }),
  )
  return pageOf(fields, keyFields, request)
}

function groupFieldNamed(schema: CollectionSchema, name: string): Field {
  const field = fieldNamed(schema, name)
  if (!field) throw invalidParameter(`group by: field ${name} not exist`)
  checkGroupField(field)
  return field
}

function outputNamed(
  schema: CollectionSchema,
  groupFields: readonly Field[],
  name: string,
): Field | Aggregate {
  const aggregate = parseAggregate(name)
  if (aggregate) return { ...aggregatedField(schema, aggregate), name: name.trim() }
  const field = groupFields.find((grouped) => grouped.name === name.trim())
  if (field) return field
  throw invalidParameter(
    `output field ${name} must be one of group_by_fields or an aggregate of a field`,
  )
}

function aggregatedField(
  schema: CollectionSchema,
  { operation, fieldName }: NonNullable<ReturnType<typeof parseAggregate>>,
): Omit<Aggregate, 'name'> {
  if (fieldName === '*' && operation === 'count') return { operation, field: null }
  const field = fieldNamed(schema, fieldName)
  if (!field) throw invalidParameter(`${operation}(${fieldName}): field ${fieldName} not exist`)
  if (takes(operation, field.dataType)) return { operation, field }
  throw invalidParameter(
    `aggregation operator ${operation} does not support data type ${dataTypeName(field.dataType)}: field ${fieldName}`,
  )
}

function takes(operation: AggregateOperation, dataType: DataType): boolean {
  if (operation === 'count') return true
  if (isIntegerType(dataType) || isFloatingType(dataType)) return true
  const isExtreme = operation === 'min' || operation === 'max'
  return isExtreme && (isStringType(dataType) || dataType === DataType.Timestamptz)
}

function pageOf(
  fields: readonly OutputField[],
  keyFields: readonly OutputField[],
  { orderBy = [], limit, offset }: QueryRequest,
): OutputField[] {
  const byKeys = keyFields.map((ofKey) => ({ ofKey, isDescending: false, areNullsFirst: false }))
  const order = orderBy.map((by) => ({
    ...by,
    ofKey: orderedField(fields, keyFields, by.fieldName),
  }))
  const directions = [...order, ...byKeys]
  const columns = directions.map(({ ofKey }) => ofKey.column)
  const places = orderedPlaces(columns, directions, fields[0].rowCount)
  const page = Int32Array.from(places.subarray(offset, limit === null ? undefined : offset + limit))
  return fields.map(({ field, column }) => ({
    field,
    column: gatherColumn(column, page),
    rowCount: page.length,
  }))
}

function orderedField(
  fields: readonly OutputField[],
  keyFields: readonly OutputField[],
  name: string,
): OutputField {
  const found = [...fields, ...keyFields].find(({ field }) => field.name === name)
  if (found) return found
  throw invalidParameter(`order by: ${name} is neither a field of the groups nor an aggregate`)
}
