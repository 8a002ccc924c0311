import { z } from 'zod'
import { MillraceError } from '../../../errors.js'
import { DataType, dataTypeName, isVectorType } from '../../../schema/data-type.js'
import type { Field } from '../../../schema/field.js'
import { databaseNamed } from '../../database.js'
import { describedCollection } from '../../described-collection.js'
import { loadSoon } from '../../load-soon.js'
import { text } from '../body-shape.js'
import { loadStateTextOf } from '../collection-actions.js'
import { indexMembers } from '../collections.js'
import { createIndexes, indexesOf } from '../indexes.js'
import type { JsonValue } from '../json-text.js'
import { schemaFrom } from '../new-schema.js'
import { legacyRouteOf } from './legacy-route.js'

const ofCollection = { dbName: text, collectionName: text }
const collectionShape = {
  schema: z.object(ofCollection),
  required: { collectionName: 'CollectionName' },
}
const bounded = 2
const indexName = 'vector_idx'

/** Milvus: with keys that the server gives and dynamic fields; indexed and loaded. */
export const createLegacyCollection = legacyRouteOf(
  'POST',
  {
    schema: z.object({
      ...ofCollection,
      dimension: z.number().int().nullish(),
      description: text,
      metricType: text,
      primaryField: text,
      vectorField: text,
    }),
    required: { collectionName: 'CollectionName', dimension: 'Dimension' },
  },
  '/collections/create',
  async (engine, body, words) => {
    const dbName = databaseNamed(engine, body.dbName, words.dbName)
    const fieldName = body.vectorField || 'vector'
    const schema = schemaFrom({
      name: body.collectionName,
      description: body.description,
      enable_dynamic_field: true,
      fields: [
        {
          name: body.primaryField || 'id',
          is_primary_key: true,
          data_type: DataType.Int64,
          autoID: true,
        },
        {
          name: fieldName,
          data_type: DataType.FloatVector,
          type_params: [{ key: 'dim', value: String(body.dimension) }],
        },
      ],
    })
    await engine.createCollection({
      dbName,
      schema,
      shardsNum: 1,
      consistencyLevel: bounded,
      properties: [],
      numPartitions: 0,
    })
    const index = { fieldName, indexName, metricType: body.metricType || 'L2', indexType: '' }
    await createIndexes(engine, dbName, body.collectionName, [{ ...index, params: {} }])
    await loadSoon(engine, dbName, body.collectionName, [])
    return {}
  },
)

export const describeLegacyCollection = legacyRouteOf(
  'GET',
  collectionShape,
  '/collections/describe',
  async (engine, { dbName: bodyName, collectionName }, words) => {
    const dbName = databaseNamed(engine, bodyName, words.dbName)
    const { schema, shardsNum } = describedCollection(engine, dbName, collectionName)
    const indexes = await indexesOf(engine, dbName, collectionName)
    return {
      collectionName: schema.name,
      description: schema.description,
      fields: schema.fields
        .filter(({ isDynamic, struct }) => !isDynamic && !struct)
        .map(fieldMembers),
      indexes: indexes
        .filter(({ fieldName }) => fieldName === vectorName(schema.fields))
        .map(indexMembers),
      load: loadStateTextOf(engine, dbName, collectionName),
      shardsNum,
      enableDynamic: schema.enableDynamicField,
    }
  },
)

/** Milvus: v2 takes a collection that is not there for dropped. */
export const dropLegacyCollection = legacyRouteOf(
  'POST',
  collectionShape,
  '/collections/drop',
  async (engine, { dbName: bodyName, collectionName }, words) => {
    const dbName = databaseNamed(engine, bodyName, words.dbName)
    if (!engine.hasCollection(dbName, collectionName)) {
      const place = `database: ${dbName}, collection: ${collectionName}`
      throw new MillraceError('collectionNotFound', `collection not found, ${place}`)
    }
    await engine.dropCollection(dbName, collectionName)
    return {}
  },
)

function vectorName(fields: readonly Field[]): string | undefined {
  return fields.find(({ dataType }) => isVectorType(dataType))?.name
}

function fieldMembers(field: Field): JsonValue {
  return {
    name: field.name,
    type: typeText(field),
    primaryKey: field.isPrimaryKey,
    partitionKey: field.isPartitionKey,
    clusteringKey: field.isClusteringKey,
    autoId: field.autoId,
    nullable: field.nullable,
    description: field.description,
  }
}

/** Milvus: v1 says the size with the type. */
function typeText({ dataType, dim, maxLength }: Field): string {
  const name = dataTypeName(dataType)
  if (dim > 0) return `${name}(${dim})`
  return maxLength > 0 && dataType === DataType.VarChar ? `${name}(${maxLength})` : name
}
