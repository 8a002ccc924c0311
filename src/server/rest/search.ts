import { z } from 'zod'
import type { FixedColumn, ListColumn } from '../../column/column.js'
import { MillraceError } from '../../errors.js'
import { elementTexts, textUnder, valuesUnder } from '../../formats/text/json-body.js'
import { type CollectionSchema, fieldNamed } from '../../schema/collection-schema.js'
import { DataType, isVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { elementFieldOf } from '../../schema/struct-array.js'
import type { QueryVectors, SearchResult } from '../../search/search-request.js'
import { describedCollection } from '../described-collection.js'
import { rankerFrom } from '../grpc/ranker.js'
import { groupingFrom, type Params, searchWindow } from '../grpc/search-params.js'
import { anything, exprParams, notJson, text, texts } from './body-shape.js'
import { filterValuesIn } from './filter-values.js'
import { rowsRoute } from './route.js'
import { float32Json, keyValues, rowObjects } from './row-objects.js'

const wholeNumber = z.number().int().nullish()
const defaultLimit = 100

/** Where it is alone, and where it is one of several. */
const searchMembers = {
  data: anything,
  annsField: text,
  filter: text,
  exprParams,
  limit: wholeNumber,
  offset: wholeNumber,
}
const params = z.record(z.string(), z.unknown()).nullish()
const ofCollection = { dbName: text, collectionName: text, partitionNames: texts }

export const searchEntities = rowsRoute(
  {
    name: 'SearchReqV2',
    schema: z.object({
      ...ofCollection,
      ...searchMembers,
      groupingField: text,
      groupSize: wholeNumber,
      outputFields: texts,
      searchParams: params,
    }),
    required: { collectionName: 'CollectionName', data: 'Data' },
  },
  async ({ engine, body, dbName, bodyText, allowsInt64 }) => {
    const { collectionName, partitionNames, outputFields } = body
    const { schema } = describedCollection(engine, dbName, collectionName)
    const part = searchPart(schema, body, bodyText, body.searchParams ?? {})
    const group = wordsOf({ group_by_field: body.groupingField, group_size: body.groupSize })
    const result = await engine.search({
      ...part,
      ...searchWindow(wordsOf({ topk: body.limit ?? defaultLimit, offset: body.offset })),
      dbName,
      collectionName,
      partitionNames,
      roundDecimal: -1,
      outputFields,
      grouping: groupingFrom(group, part.params),
    })
    return answerOf(result, allowsInt64)
  },
)

const partSchema = z.object({ ...searchMembers, metricType: text, params })

/** `hybrid_search`, and `advanced_search` as it was called once. */
export const hybridSearchEntities = rowsRoute(
  {
    name: 'HybridSearchReq',
    schema: z.object({
      ...ofCollection,
      search: z.array(partSchema),
      rerank: z.object({ strategy: text, params }).nullish(),
      limit: wholeNumber,
      outputFields: texts,
      groupingField: text,
      groupSize: wholeNumber,
    }),
    required: { collectionName: 'CollectionName' },
  },
  async ({ engine, body, dbName, bodyText, allowsInt64 }) => {
    const { collectionName, partitionNames, outputFields, rerank } = body
    const { schema } = describedCollection(engine, dbName, collectionName)
    const partTexts = elementTexts(textUnder(bodyText, 'search') ?? '')
    const searches = body.search.map((part, index) => {
      const given = { metricType: part.metricType, ...part.params }
      const { topK } = searchWindow(wordsOf({ topk: part.limit ?? defaultLimit }))
      return { ...searchPart(schema, part, partTexts[index], given), topK }
    })
    const grouping = groupingFrom(
      wordsOf({ group_by_field: body.groupingField, group_size: body.groupSize }),
      {},
    )
    const ranking = { strategy: rerank?.strategy, params: JSON.stringify(rerank?.params ?? {}) }
    const result = await engine.hybridSearch({
      dbName,
      collectionName,
      partitionNames,
      searches,
      ranker: rankerFrom(wordsOf(ranking), null, searches.length),
      ...searchWindow(wordsOf({ topk: body.limit ?? defaultLimit })),
      roundDecimal: -1,
      outputFields,
      grouping: grouping && { ...grouping, scorer: 'max' },
    })
    return answerOf(result, allowsInt64)
  },
)

/** Parameters by name, as gRPC has them. */
function wordsOf(members: Readonly<Record<string, string | number | null | undefined>>): Params {
  const given = Object.entries(members).filter(([, value]) => value !== null && value !== undefined)
  return new Map(given.map(([key, value]) => [key, String(value)]))
}

function searchPart(
  schema: CollectionSchema,
  { annsField, filter }: { readonly annsField: string; readonly filter: string },
  partText: string,
  given: Readonly<Record<string, unknown>>,
) {
  const field = searchedField(schema, annsField)
  return {
    filter,
    filterValues: filterValuesIn(partText),
    vectorFieldName: field.name,
    queries: queriesIn(partText, field),
    ...searchParamsOf(given),
  }
}

function answerOf(result: SearchResult, allowsInt64: boolean) {
  const { fields, ids, scores, hitCounts, elements } = result
  const hitCount = hitCounts.reduce((sum, count) => sum + count, 0)
  const keys = keyValues(ids, hitCount, allowsInt64)
  const data = rowObjects(fields, hitCount, allowsInt64).map((row, hit) => ({
    ...row,
    distance: float32Json(scores[hit]),
    ...(elements && { offset: elements[hit] }),
    id: keys[hit], // Milvus: under this name, whatever the key is called.
  }))
  return { data, topks: hitCounts }
}

/** The metric stands beside the index's own parameters, which may stand in an object of their own. */
function searchParamsOf(given: Readonly<Record<string, unknown>>) {
  const { metricType, metric_type, params, ...own } = given
  const metric = metricType ?? metric_type ?? ''
  const inner = params !== null && typeof params === 'object' ? params : {}
  return { params: { ...own, ...inner }, metricType: String(metric) }
}

function searchedField(schema: CollectionSchema, name: string): Field {
  const vectors = schema.fields.filter(({ dataType }) => isVectorType(dataType))
  if (name === '' && vectors.length > 1) {
    const names = vectors.map((field) => field.name).join(', ')
    throw notJson(`search without annsField, but already found multiple vector fields: [${names}]`)
  }
  const field = name === '' ? vectors[0] : fieldNamed(schema, name)
  if (field && isVectorType(field.dataType)) return field
  throw notJson(`cannot find a vector field named: ${name}`)
}

function queriesIn(bodyText: string, searched: Field): QueryVectors {
  const isList = searched.dataType === DataType.ArrayOfVector
  const field = isList && !areLists(bodyText) ? elementFieldOf(searched) : searched
  const { rowCount, column } = vectorsIn(bodyText, field)
  if (rowCount === 0) throw notJson('data: expected at least one vector, got none')
  const { dataType } = field
  if (column.shape === 'list') return listQueries(field, rowCount, column)
  if (column.shape === 'bytes') {
    return { dataType, nq: rowCount, bytes: column.bytes, offsets: column.offsets }
  }
  const { buffer, byteOffset, byteLength } = column.values
  return { dataType, nq: rowCount, bytes: new Uint8Array(buffer, byteOffset, byteLength) }
}

/** Whether the queries are lists of vectors, rather than vectors. */
function areLists(bodyText: string): boolean {
  const [query = ''] = elementTexts(textUnder(bodyText, 'data') ?? '')
  const [vector = ''] = elementTexts(query)
  return vector.startsWith('[')
}

function listQueries(
  { elementType }: Field,
  nq: number,
  { offsets, child }: ListColumn,
): QueryVectors {
  const { values, width } = child as FixedColumn
  const vectorBytes = width * values.BYTES_PER_ELEMENT
  return {
    dataType: elementType,
    nq,
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    offsets: offsets.map((offset) => offset * vectorBytes),
    isList: true,
  }
}

function vectorsIn(bodyText: string, field: Field) {
  try {
    return valuesUnder(bodyText, 'data', field)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw notJson(error.message)
  }
}
