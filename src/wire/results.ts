import type { BytesColumn, Column, FixedColumn } from '../column/column.js'
import type { Field } from '../schema/field.js'
import { userFieldsOf } from '../schema/struct-array.js'
import { stringsFromColumn } from './bytes-column.js'
import type { MessageInput } from './codec.js'
import { fieldDataFromColumn } from './field-data.js'
import { successStatus } from './status.js'
import { structDataFromColumns } from './struct-data.js'

/** A field of an answer: its rows in the order of the answer's ids. */
interface AnswerField {
  readonly field: Field
  readonly column: Column
  readonly rowCount: number
}

interface QueryAnswer {
  readonly collectionName: string
  readonly primaryFieldName: string
  /** Also of an answer without rows: SDKs want the empty columns. */
  readonly fields: readonly AnswerField[]
  readonly outputFieldNames: readonly string[]
  readonly elements?: readonly (readonly number[])[] | null
  readonly sessionTimestamp: bigint
}

interface SearchAnswer extends Omit<QueryAnswer, 'sessionTimestamp' | 'elements'> {
  readonly nq: number
  readonly topK: number
  /** Hits of each query; ids, scores and fields hold them one query after the other. */
  readonly hitCounts: readonly number[]
  readonly ids: Column
  readonly scores: Float32Array
  readonly elements?: readonly number[] | null
  readonly groupFields?: readonly AnswerField[]
  readonly lastBound?: number | null
}

export function messageFromQueryAnswer(answer: QueryAnswer): MessageInput<'QueryResults'> {
  return {
    status: successStatus,
    fields_data: fieldsDataFrom(answer.fields),
    collection_name: answer.collectionName,
    output_fields: answer.outputFieldNames,
    primary_field_name: answer.primaryFieldName,
    session_ts: answer.sessionTimestamp,
    element_indices: (answer.elements ?? []).map((elements) => ({ indices: longs(elements) })),
  }
}

export function messageFromSearchAnswer(
  answer: SearchAnswer,
  sessionTimestamp: bigint,
  iteratorToken = '',
): MessageInput<'SearchResults'> {
  const hitCount = answer.hitCounts.reduce((sum, count) => sum + count, 0)
  const groupValues = (answer.groupFields ?? []).map(fieldDataFromAnswer)
  return {
    status: successStatus,
    results: {
      num_queries: BigInt(answer.nq),
      top_k: BigInt(answer.topK),
      fields_data: fieldsDataFrom(answer.fields),
      scores: answer.scores.subarray(0, hitCount),
      ids: idsFromColumn(answer.ids, hitCount),
      topks: answer.hitCounts.map(BigInt),
      output_fields: answer.outputFieldNames,
      primary_field_name: answer.primaryFieldName,
      element_indices: answer.elements ? longs(answer.elements) : null,
      // The newest SDKs read the list, those before it the single one, which is there for one field.
      group_by_field_values: groupValues,
      group_by_field_value: groupValues.length === 1 ? groupValues[0] : null,
      search_iterator_v2_results: iteratorToken
        ? { token: iteratorToken, last_bound: answer.lastBound ?? 0 }
        : null,
    },
    collection_name: answer.collectionName,
    session_ts: sessionTimestamp,
  }
}

function longs(values: readonly number[]): { data: BigInt64Array } {
  return { data: BigInt64Array.from(values, BigInt) }
}

/** Primary keys, Int64 or VarChar: also for the answer to Insert and Delete. */
export function idsFromColumn(column: Column, rowCount: number): MessageInput<'IDs'> {
  if (column.shape === 'bytes') {
    return { str_id: { data: stringsFromColumn(column as BytesColumn, rowCount) } }
  }
  const { values } = column as FixedColumn
  return { int_id: { data: values.subarray(0, rowCount) as BigInt64Array } }
}

/** Sub-fields of a struct array come together, in its place. */
function fieldsDataFrom(answers: readonly AnswerField[]): MessageInput<'FieldData'>[] {
  if (answers.length === 0) return []
  return userFieldsOf(answers.map(({ field }) => field)).map(({ struct, fields, fieldIndex }) => {
    const own = answers.slice(fieldIndex, fieldIndex + fields.length)
    return struct ? structDataFromColumns(own, own[0].rowCount) : fieldDataFromAnswer(own[0])
  })
}

function fieldDataFromAnswer({ field, column, rowCount }: AnswerField): MessageInput<'FieldData'> {
  return fieldDataFromColumn(field, column, rowCount)
}
