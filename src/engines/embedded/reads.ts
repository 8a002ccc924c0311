import { MillraceError } from '../../errors.js'
import { bindExpr } from '../../expr/bind-expr.js'
import type { BoundExpr } from '../../expr/bound-expr.js'
import { parseExpr } from '../../expr/parse-expr.js'
import { type CollectionSchema, fieldNamed, primaryKeyOf } from '../../schema/collection-schema.js'
import { DataType, isVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { isLargerNearer, type Metric } from '../../schema/metric.js'
import { cutDynamicKeys } from '../../search/dynamic-keys.js'
import { gatherField, gatherKeys } from '../../search/gather.js'
import { type OutputFields, outputFieldsOf } from '../../search/output-fields.js'
import { countRows, selectRows } from '../../search/row-query.js'
import type { RowRef } from '../../search/row-ref.js'
import type {
  OutputField,
  QueryRequest,
  QueryResult,
  SearchRequest,
  SearchResult,
} from '../../search/search-request.js'
import type { SegmentView } from '../../search/segment-view.js'
import { checkQueries, type Hit, searchVectors } from '../../search/vector-search.js'
import type { CollectionRecord } from '../../storage/records.js'
import type { RowsContext } from '../../storage/rows-context.js'
import { type Collections, type OpenCollection, partitionIdsOf } from './collections.js'
import { metricOfField } from './indexes.js'

const countName = 'count(*)'

/** Searches and queries: each pins a snapshot, answers from it, and lets it go. */
export class Reads {
  readonly #context: RowsContext
  readonly #collections: Collections

  constructor(context: RowsContext, collections: Collections) {
    this.#context = context
    this.#collections = collections
  }

  async search(request: SearchRequest): Promise<SearchResult> {
    const open = await this.#loaded(request)
    const { record } = open
    const field = searchedField(record.schema, request.vectorFieldName)
    const metric = searchedMetric(record, field, request.metricType)
    checkQueries(field, request.queries)
    const output = outputFieldsOf(record.schema, request.outputFields)
    const filter = boundFilter(request.filter, record.schema)
    return this.#withViews(open, request.partitionNames, async (views) => {
      const { pool, memory } = this.#context
      const search = { ...request, schema: record.schema, field, metric, filter }
      const hits = await searchVectors(pool, memory, views, search)
      const rows = hits.flat()
      return {
        collectionName: record.schema.name,
        primaryFieldName: primaryKeyOf(record.schema).name,
        nq: request.queries.nq,
        topK: request.topK,
        hitCounts: hits.map(({ length }) => length),
        ids: await gatherKeys(views, rows, record.schema),
        scores: scoresOf(rows, metric, request.roundDecimal),
        fields: await gatherFields(views, rows, output),
        outputFieldNames: output.names,
      }
    })
  }

  async query(request: QueryRequest): Promise<QueryResult> {
    const open = await this.#loaded(request)
    const { schema } = open.record
    const filter = boundFilter(request.filter, schema)
    const base = { collectionName: schema.name, primaryFieldName: primaryKeyOf(schema).name }
    return this.#withViews(open, request.partitionNames, async (views, sessionTimestamp) => {
      if (request.outputFields.some(isCount)) {
        checkCount(request)
        const count = await countRows(views, filter)
        return {
          ...base,
          fields: [countField(count)],
          outputFieldNames: [countName],
          sessionTimestamp,
        }
      }
      const output = outputFieldsOf(schema, request.outputFields)
      const { limit, offset, signal } = request
      const rows = await selectRows(views, filter, schema, { limit, offset, signal })
      const fields = await gatherFields(views, rows, output)
      return { ...base, fields, outputFieldNames: output.names, sessionTimestamp }
    })
  }

  /** @throws collectionNotLoaded, partitionNotLoaded */
  async #loaded({
    dbName,
    collectionName,
    partitionNames,
  }: Pick<SearchRequest, 'dbName' | 'collectionName' | 'partitionNames'>): Promise<OpenCollection> {
    const { record } = this.#collections.named(dbName, collectionName)
    await this.#collections.reloaded(record.collectionId)
    const open = this.#collections.named(dbName, collectionName)
    checkLoaded(open.record, partitionNames)
    return open
  }

  async #withViews<Result>(
    { record, rows }: OpenCollection,
    partitionNames: readonly string[],
    read: (views: readonly SegmentView[], timestamp: bigint) => Promise<Result>,
  ): Promise<Result> {
    const wanted = partitionIdsOf(record, partitionNames)
    const snapshot = await rows.snapshot(wanted.filter((id) => rows.isLoaded(id)))
    try {
      return await read(snapshot.views, snapshot.timestamp)
    } finally {
      snapshot.release()
    }
  }
}

function checkLoaded(record: CollectionRecord, partitionNames: readonly string[]): void {
  if (record.loadedPartitionIds.length === 0) {
    throw new MillraceError(
      'collectionNotLoaded',
      `collection not loaded[collection=${record.schema.name}]`,
    )
  }
  for (const name of partitionNames) {
    const [partitionId] = partitionIdsOf(record, [name])
    if (record.loadedPartitionIds.includes(partitionId)) continue
    throw new MillraceError('partitionNotLoaded', `partition not loaded[partition=${name}]`)
  }
}

function boundFilter(filter: string, schema: CollectionSchema): BoundExpr | null {
  return filter.trim() === '' ? null : bindExpr(parseExpr(filter), schema)
}

function searchedField(schema: CollectionSchema, name: string): Field {
  const vectors = schema.fields.filter(({ dataType }) => isVectorType(dataType))
  if (name === '' && vectors.length === 1) return vectors[0]
  if (name === '') {
    throw new MillraceError(
      'parameterInvalid',
      'multiple anns_fields exist, please specify a anns_field in search_params: invalid parameter',
    )
  }
  const field = fieldNamed(schema, name)
  if (field && isVectorType(field.dataType)) return field
  throw new MillraceError(
    'parameterInvalid',
    `failed to create query plan: failed to get field schema by name: fieldName(${name}) not found: expected a vector field: invalid parameter`,
  )
}

function searchedMetric(record: CollectionRecord, field: Field, asked: string): Metric {
  const metric = metricOfField(record, field)
  if (asked === '' || asked.toUpperCase() === metric) return metric
  throw new MillraceError(
    'parameterInvalid',
    `metric type not match: invalid parameter[expected=${metric}][actual=${asked}]`,
  )
}

function scoresOf(hits: readonly Hit[], metric: Metric, roundDecimal: number): Float32Array {
  const sign = isLargerNearer(metric) ? -1 : 1
  const scores = Float32Array.from(hits, ({ distance }) => sign * distance)
  if (roundDecimal < 0) return scores
  const scale = 10 ** roundDecimal
  return scores.map((score) => Math.floor(score * scale + 0.5) / scale)
}

function gatherFields(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  { fields, dynamicKeys }: OutputFields,
): Promise<OutputField[]> {
  const gathered = fields.map(async (field): Promise<OutputField> => {
    const column = await gatherField(views, rows, field)
    const isCut = field.isDynamic && dynamicKeys !== null && column.shape === 'bytes'
    return {
      field,
      column: isCut ? cutDynamicKeys(column, rows.length, dynamicKeys) : column,
      rowCount: rows.length,
    }
  })
  return Promise.all(gathered)
}

function isCount(name: string): boolean {
  return name.trim().toLowerCase() === countName
}

function checkCount({ outputFields, limit }: QueryRequest): void {
  if (limit !== null) {
    throw new MillraceError(
      'parameterInvalid',
      'failed to create query plan: count entities with pagination is not allowed: invalid parameter',
    )
  }
  if (outputFields.length === 1) return
  throw new MillraceError(
    'parameterInvalid',
    `count(*) cannot be asked for beside other fields, got ${outputFields.join(', ')}: invalid parameter`,
  )
}

function countField(count: number): OutputField {
  const field: Field = {
    fieldId: 0,
    name: countName,
    description: '',
    dataType: DataType.Int64,
    elementType: DataType.None,
    isPrimaryKey: false,
    autoId: false,
    isPartitionKey: false,
    isClusteringKey: false,
    isDynamic: false,
    isFunctionOutput: false,
    nullable: false,
    defaultValue: null,
    dim: 0,
    maxLength: 0,
    maxCapacity: 0,
    typeParams: {},
  }
  const values = BigInt64Array.of(BigInt(count))
  return { field, column: { shape: 'fixed', values, width: 1, validity: null }, rowCount: 1 }
}
