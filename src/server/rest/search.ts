import { z } from 'zod'
import { MillraceError } from '../../errors.js'
import { valuesUnder } from '../../formats/text/json-body.js'
import { type CollectionSchema, fieldNamed } from '../../schema/collection-schema.js'
import { isVectorType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import type { QueryVectors } from '../../search/search-request.js'
import { refuse } from '../grpc/unsupported.js'
import { anything, notJson, text, texts } from './body-shape.js'
import { rowsRoute } from './route.js'
import { float32Json, keyValues, rowObjects } from './row-objects.js'

const wholeNumber = z.number().int().nullish()
const defaultLimit = 100

export const searchEntities = rowsRoute(
  {
    name: 'SearchReqV2',
    schema: z.object({
      dbName: text,
      collectionName: text,
      data: anything,
      annsField: text,
      partitionNames: texts,
      filter: text,
      groupingField: text,
      limit: wholeNumber,
      offset: wholeNumber,
      outputFields: texts,
      searchParams: z.record(z.string(), z.unknown()).nullish(),
      exprParams: anything,
    }),
    required: { collectionName: 'CollectionName', data: 'Data' },
  },
  async ({ engine, body, dbName, bodyText, allowsInt64 }) => {
    const { params, metricType } = searchParamsOf(body.searchParams ?? {})
    refuse({
      'expression templates': body.exprParams !== null,
      groupingField: body.groupingField !== '',
      'range search': 'radius' in params || 'range_filter' in params,
    })
    const { schema } = engine.describeCollection(dbName, body.collectionName)
    const field = searchedField(schema, body.annsField)
    const result = await engine.search({
      dbName,
      collectionName: body.collectionName,
      partitionNames: body.partitionNames,
      filter: body.filter,
      vectorFieldName: field.name,
      queries: queriesIn(bodyText, field),
      topK: body.limit ?? defaultLimit,
      offset: body.offset ?? 0,
      metricType,
      params,
      roundDecimal: -1,
      outputFields: body.outputFields,
    })
    const hitCount = result.hitCounts.reduce((sum, count) => sum + count, 0)
    const rows = rowObjects(result.fields, hitCount, allowsInt64)
    const ids = keyValues(result.ids, hitCount, allowsInt64)
    const data = rows.map((row, hit) => ({
      ...row,
      distance: float32Json(result.scores[hit]),
      id: ids[hit], // Milvus: under this name, whatever the key is called.
    }))
    return { data, topks: result.hitCounts }
  },
)

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

function queriesIn(bodyText: string, field: Field): QueryVectors {
  const { rowCount, column } = vectorsIn(bodyText, field)
  if (rowCount === 0) throw notJson('data: expected at least one vector, got none')
  const { dataType } = field
  if (column.shape !== 'fixed') {
    throw new MillraceError('unsupported', `field '${field.name}': only dense vectors are searched`)
  }
  const { buffer, byteOffset, byteLength } = column.values
  return { dataType, nq: rowCount, bytes: new Uint8Array(buffer, byteOffset, byteLength) }
}

function vectorsIn(bodyText: string, field: Field) {
  try {
    return valuesUnder(bodyText, 'data', field)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw notJson(error.message)
  }
}
