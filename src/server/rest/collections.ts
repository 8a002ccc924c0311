import type { CollectionDescription, IndexDescription, KeyValues } from '../../engines/engine.js'
import { DataType, dataTypeName } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { shortNameOf, type UserField, userFieldsOf } from '../../schema/struct-array.js'
import { formatTimestamptz } from '../../schema/timestamptz.js'
import { seenCollections } from '../auth/authorization.js'
import { describedCollection } from '../described-collection.js'
import { loadStateTextOf } from './collection-actions.js'
import { collectionShape, databaseShape } from './collection-shapes.js'
import { indexesOf } from './indexes.js'
import type { JsonValue } from './json-text.js'
import { route } from './route.js'

export const listCollections = route(databaseShape, (engine, _body, dbName, { userName }) =>
  seenCollections({ engine, userName }, engine.listCollections(dbName)).map(
    ({ schema }) => schema.name,
  ),
)

export const describeCollection = route(
  collectionShape,
  async (engine, { collectionName }, dbName) => {
    const collection = describedCollection(engine, dbName, collectionName)
    const state = loadStateTextOf(engine, dbName, collectionName)
    return collectionMembers(collection, state, await indexesOf(engine, dbName, collectionName))
  },
)

const consistencyLevelNames = ['Strong', 'Session', 'Bounded', 'Eventually', 'Customized']

function collectionMembers(
  collection: CollectionDescription,
  loadState: string,
  indexes: readonly IndexDescription[],
): JsonValue {
  const { schema } = collection
  return {
    collectionName: schema.name,
    collectionID: collection.collectionId,
    description: schema.description,
    autoId: schema.fields.some(({ isPrimaryKey, autoId }) => isPrimaryKey && autoId),
    fields: schema.fields
      .filter(({ isDynamic, struct }) => !isDynamic && !struct)
      .map((field) => fieldMembers(field)),
    structFields: userFieldsOf(schema.fields).flatMap(structMembers),
    functions: [],
    aliases: collection.aliases,
    indexes: indexes.map(indexMembers),
    load: loadState,
    shardsNum: collection.shardsNum,
    partitionsNum: collection.partitions.length,
    consistencyLevel: consistencyLevelNames[collection.consistencyLevel],
    enableDynamicField: schema.enableDynamicField,
    properties: pairMembers(collection.properties),
  }
}

function structMembers({ struct, fields }: UserField): JsonValue[] {
  if (!struct) return []
  const params = Object.entries(struct.typeParams)
  return [
    {
      id: struct.fieldId,
      name: struct.name,
      description: struct.description,
      nullable: struct.nullable,
      fields: fields.map((field) => fieldMembers(field)),
      params: params.length > 0 ? pairMembers(params) : undefined,
    },
  ]
}

function fieldMembers(field: Field): JsonValue {
  const isList = field.dataType === DataType.Array || field.dataType === DataType.ArrayOfVector
  const params = Object.entries(field.typeParams)
  return {
    id: field.fieldId,
    name: shortNameOf(field),
    description: field.description,
    type: dataTypeName(field.dataType),
    elementType: isList ? dataTypeName(field.elementType) : undefined,
    primaryKey: field.isPrimaryKey,
    partitionKey: field.isPartitionKey,
    clusteringKey: field.isClusteringKey,
    autoId: field.autoId,
    nullable: field.nullable,
    defaultValue: defaultJson(field),
    isFunctionOutput: field.isFunctionOutput || undefined,
    params: params.length > 0 ? pairMembers(params) : undefined,
  }
}

function defaultJson({ dataType, defaultValue, timeZone }: Field): JsonValue | undefined {
  if (dataType === DataType.Timestamptz && typeof defaultValue === 'bigint') {
    return formatTimestamptz(defaultValue, timeZone)
  }
  return defaultValue ?? undefined
}

export function indexMembers({ name, fieldName, params }: IndexDescription): JsonValue {
  const metricType = params.find(([key]) => key === 'metric_type')?.[1] ?? 'COSINE'
  return { indexName: name, fieldName, metricType }
}

function pairMembers(pairs: KeyValues): JsonValue {
  return pairs.map(([key, value]) => ({ key, value }))
}
