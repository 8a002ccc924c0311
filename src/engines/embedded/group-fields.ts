import type { BytesColumn, Column } from '../../column/column.js'
import { MillraceError } from '../../errors.js'
import { type JsonStep, jsonStepFrom } from '../../expr/json-scan.js'
import type { CollectionSchema } from '../../schema/collection-schema.js'
import { DataType } from '../../schema/data-type.js'
import { type Field, plainField } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { checkGroupField } from '../../search/ranking/group-values.js'
import { jsonGroupColumn } from '../../search/ranking/json-group-column.js'
import type { RowRef } from '../../search/row-ref.js'
import { gatherField } from '../../search/rows/gather.js'
import type { Grouping, OutputField } from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'
import { jsonPlaceOf } from './json-place.js'

/** What rows are grouped by: a field, or what lies at a path in one. */
interface GroupField {
  readonly field: Field
  readonly json: { readonly path: readonly JsonStep[]; readonly dataType: DataType } | null
  /** As it was asked for. */
  readonly name: string
}

export function groupFieldsOf(
  schema: CollectionSchema,
  grouping: Grouping | null | undefined,
): GroupField[] {
  if (!grouping) return []
  if (grouping.jsonPath && grouping.fieldNames.length > 1) {
    throw invalidParameter('json_path: expected one field to group by')
  }
  return grouping.fieldNames.map((name) => groupFieldNamed(schema, name, grouping))
}

function groupFieldNamed(schema: CollectionSchema, name: string, grouping: Grouping): GroupField {
  const place = jsonPlaceOf(schema, name)
  if (!place) {
    throw new MillraceError(
      'fieldNotFound',
      `groupBy field not found in schema: field not found[field=${name}]`,
    )
  }
  const { field, fieldName, steps } = place
  const within = [...steps, ...pointerSteps(grouping.jsonPath ?? '')]
  if (field.dataType === DataType.JSON && within.length > 0) {
    const dataType = grouping.jsonType ?? DataType.JSON
    return { field, name, json: { path: within.map(jsonStepFrom), dataType } }
  }
  if (within.length > 0) throw invalidParameter(`group by: field ${fieldName} is not a JSON field`)
  checkGroupField(field)
  return { field, name, json: null }
}

/** The steps of a JSON pointer, `/a/b`. */
function pointerSteps(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) {
    throw invalidParameter(`json_path: expected a JSON pointer such as /a/b, got ${pointer}`)
  }
  const steps = pointer.slice(1).split('/')
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Each segment's columns of the fields. */
export function groupColumns(
  views: readonly SegmentView[],
  groupFields: readonly GroupField[],
): Promise<Column[][]> {
  return Promise.all(
    views.map((view) =>
      Promise.all(
        groupFields.map(async (group) =>
          valuesOf(group, await view.column(group.field), view.rowCount),
        ),
      ),
    ),
  )
}

/** The values of the rows that were found, as the answer tells them. */
export function groupOutputs(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  groupFields: readonly GroupField[],
): Promise<OutputField[]> {
  return Promise.all(
    groupFields.map(async (group) => {
      const gathered = await gatherField(views, rows, group.field)
      const { field, json, name } = group
      const answer = json && { ...plainField(0, name, json.dataType), nullable: true }
      const column = valuesOf(group, gathered, rows.length)
      return { field: answer ?? field, column, rowCount: rows.length }
    }),
  )
}

function valuesOf({ json }: GroupField, column: Column, rowCount: number): Column {
  if (!json) return column
  return jsonGroupColumn(json.path, json.dataType, column as BytesColumn, rowCount)
}

/** Rows that are a group each. */
export function singly<Row>(rows: readonly Row[]): Row[][] {
  return rows.map((row) => [row])
}
