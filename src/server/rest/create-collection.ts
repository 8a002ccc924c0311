import { z } from 'zod'
import type { KeyValues } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { type CollectionSchema, fieldNamed } from '../../schema/collection-schema.js'
import { DataType } from '../../schema/data-type.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import { loadSoon } from '../load-soon.js'
import { timeZoneOf } from '../time-zone.js'
import { flag, properties, text } from './body-shape.js'
import { createIndexes, indexParamsSchema, type NewIndexParams } from './indexes.js'
import { newCollectionSchema, newSchema, schemaFrom } from './new-schema.js'
import { actionRoute } from './route.js'

const bodySchema = z.object({
  dbName: text,
  collectionName: text,
  dimension: z.number().nullish(),
  idType: text,
  autoID: flag,
  autoId: flag,
  metricType: text,
  primaryFieldName: text,
  vectorFieldName: text,
  schema: newCollectionSchema,
  indexParams: indexParamsSchema,
  params: properties,
})

type Body = z.output<typeof bodySchema>

/** With a schema, or quickly with a dimension; with its indexes, and then loaded. */
export const createCollection = actionRoute(
  {
    name: 'CollectionReq',
    schema: bodySchema,
    required: { collectionName: 'CollectionName' },
  },
  async (engine, body, dbName) => {
    const isQuick = !body.schema?.fields.length
    const properties = propertiesOf(body)
    const timeZone = timeZoneOf(engine, dbName, properties)
    const schema = isQuick
      ? quickSchema(body)
      : newSchema(body.collectionName, body.schema!, timeZone)
    const indexes = isQuick ? quickIndexes(body) : body.indexParams
    for (const { fieldName } of indexes) checkIndexed(schema, fieldName)
    await engine.createCollection({
      dbName,
      schema,
      shardsNum: Number(param(body, 'shardsNum') ?? 1),
      consistencyLevel: consistencyLevelOf(body),
      properties,
      numPartitions: Number(param(body, 'partitionsNum') ?? 0),
    })
    if (indexes.length === 0) return
    await createIndexes(engine, dbName, body.collectionName, indexes)
    await loadSoon(engine, dbName, body.collectionName, [])
  },
)

function quickSchema(body: Body): CollectionSchema {
  if (!body.dimension) {
    throw invalidParameter(
      'dimension is required for quickly create collection(default metric type: COSINE)',
    )
  }
  const isText = isTextKey(body.idType)
  const max_length = param(body, 'max_length')
  return schemaFrom({
    name: body.collectionName,
    enable_dynamic_field: param(body, 'enableDynamicField') !== 'false',
    fields: [
      {
        name: body.primaryFieldName || 'id',
        is_primary_key: true,
        data_type: isText ? DataType.VarChar : DataType.Int64,
        autoID: body.autoID || body.autoId,
        type_params: isText && max_length ? [{ key: 'max_length', value: max_length }] : [],
      },
      {
        name: vectorNameOf(body),
        data_type: DataType.FloatVector,
        type_params: [{ key: 'dim', value: String(body.dimension) }],
      },
    ],
  })
}

function isTextKey(idType: string): boolean {
  if (['VarChar', 'Varchar'].includes(idType)) return true
  if (['', 'Int64', 'int64'].includes(idType)) return false
  throw invalidParameter(
    `idType can only be [Int64, VarChar], default: Int64: expected=Int64, Varchar, actual=${idType}`,
  )
}

function quickIndexes(body: Body): NewIndexParams[] {
  const name = vectorNameOf(body)
  const metricType = body.metricType || 'COSINE'
  return [{ fieldName: name, indexName: name, metricType, indexType: '', params: {} }]
}

function vectorNameOf({ vectorFieldName }: Body): string {
  return vectorFieldName || 'vector'
}

function checkIndexed(schema: CollectionSchema, fieldName: string): void {
  if (fieldNamed(schema, fieldName)) return
  throw new MillraceError(
    'restParameterMissing',
    `missing required parameters, error: \`${fieldName}\` hasn't defined in schema`,
  )
}

const consistencyLevels = ['Strong', 'Session', 'Bounded', 'Eventually', 'Customized']

function consistencyLevelOf(body: Body): number {
  const name = param(body, 'consistencyLevel') ?? 'Bounded'
  const level = consistencyLevels.indexOf(name)
  if (level >= 0) return level
  throw invalidParameter(
    `consistencyLevel can only be [${consistencyLevels.join(', ')}], default: Bounded: actual=${name}`,
  )
}

/** What REST calls by names of its own. */
const propertyNames = new Map([
  ['ttlSeconds', 'collection.ttl.seconds'],
  ['partitionKeyIsolation', 'partitionkey.isolation'],
  ['mmap.enabled', 'mmap.enabled'],
  ['allow_insert_auto_id', 'allow_insert_auto_id'],
  ['timezone', 'timezone'],
])

function propertiesOf({ params }: Body): KeyValues {
  return params.flatMap(([key, value]) => {
    const name = propertyNames.get(key)
    return name === undefined ? [] : [[name, value] as const]
  })
}

function param({ params }: Body, name: string): string | undefined {
  return params.find(([key]) => key === name)?.[1]
}
