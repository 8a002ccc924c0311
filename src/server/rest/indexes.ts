import { z } from 'zod'
import type { Engine, IndexDescription, KeyValues } from '../../engines/engine.js'
import { MillraceError } from '../../errors.js'
import { fieldNamed } from '../../schema/collection-schema.js'
import { describedCollection } from '../described-collection.js'
import { withIndexDefaults } from '../index-defaults.js'
import { properties, text, texts } from './body-shape.js'
import { collectionShape } from './collection-shapes.js'
import type { JsonValue } from './json-text.js'
import { actionRoute, route } from './route.js'

export const indexParamsSchema = z
  .array(
    z.object({
      fieldName: text,
      indexName: text,
      metricType: text,
      indexType: text,
      params: z
        .record(z.string(), z.unknown())
        .nullish()
        .transform((params) => params ?? {}),
    }),
  )
  .nullish()
  .transform((params) => params ?? [])

export type NewIndexParams = z.output<typeof indexParamsSchema>[number]

const indexShape = {
  name: 'IndexReq',
  schema: z.object({ dbName: text, collectionName: text, indexName: text }),
  required: { collectionName: 'CollectionName', indexName: 'IndexName' },
} as const

export const listIndexes = route(collectionShape, async (engine, { collectionName }, dbName) => {
  engine.describeCollection(dbName, collectionName)
  return (await indexesOf(engine, dbName, collectionName)).map(({ name }) => name)
})

export const describeIndex = route(
  indexShape,
  async (engine, { collectionName, indexName }, dbName) => {
    const indexes = await engine.describeIndex(dbName, collectionName, '', indexName)
    return indexes.map(descriptionMembers)
  },
)

export const createIndex = actionRoute(
  {
    name: 'IndexParamReq',
    schema: z.object({ dbName: text, collectionName: text, indexParams: indexParamsSchema }),
    required: { collectionName: 'CollectionName' },
  },
  (engine, { collectionName, indexParams }, dbName) =>
    createIndexes(engine, dbName, collectionName, indexParams),
)

export const dropIndex = actionRoute(indexShape, (engine, { collectionName, indexName }, dbName) =>
  engine.dropIndex(dbName, collectionName, '', indexName),
)

export const alterIndexProperties = actionRoute(
  { ...indexShape, schema: indexShape.schema.extend({ properties }) },
  (engine, body, dbName) => {
    const change = { set: body.properties, remove: [] }
    return engine.changes.alterIndex(dbName, body.collectionName, body.indexName, change)
  },
)

export const dropIndexProperties = actionRoute(
  { ...indexShape, schema: indexShape.schema.extend({ propertyKeys: texts }) },
  (engine, body, dbName) => {
    const change = { set: [], remove: body.propertyKeys }
    return engine.changes.alterIndex(dbName, body.collectionName, body.indexName, change)
  },
)

export async function createIndexes(
  engine: Engine,
  dbName: string,
  collectionName: string,
  indexParams: readonly NewIndexParams[],
): Promise<void> {
  const { schema } = describedCollection(engine, dbName, collectionName)
  for (const index of indexParams) {
    await engine.createIndex({
      dbName,
      collectionName,
      fieldName: index.fieldName,
      indexName: index.indexName,
      params: withIndexDefaults(pairsOf(index), fieldNamed(schema, index.fieldName)),
    })
  }
}

/** None where there is none, which the engine calls an error. */
export async function indexesOf(
  engine: Engine,
  dbName: string,
  collectionName: string,
): Promise<IndexDescription[]> {
  try {
    return await engine.describeIndex(dbName, collectionName, '', '')
  } catch (error) {
    if (error instanceof MillraceError && error.kind === 'indexNotFound') return []
    throw error
  }
}

/** As SDKs send them: the type and the metric apart, the rest as JSON. */
function pairsOf({ indexType, metricType, params }: NewIndexParams): KeyValues {
  const { index_type, ...more } = params
  const type = indexType || (typeof index_type === 'string' ? index_type : '')
  const pairs: [key: string, value: string][] = []
  if (type) pairs.push(['index_type', type])
  if (metricType) pairs.push(['metric_type', metricType])
  if (Object.keys(more).length > 0) pairs.push(['params', JSON.stringify(more)])
  return pairs
}

function descriptionMembers(index: IndexDescription): JsonValue {
  const param = (name: string) => index.params.find(([key]) => key === name)?.[1] ?? ''
  return {
    fieldName: index.fieldName,
    indexName: index.name,
    indexType: param('index_type'),
    metricType: param('metric_type'),
    totalRows: index.totalRows,
    indexedRows: index.indexedRows,
    pendingRows: index.pendingRows,
    indexState: 'Finished',
    failReason: '',
  }
}
