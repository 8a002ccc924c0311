import { z } from 'zod'
import { timeZoneOfCollection } from '../time-zone.js'
import { properties, text, texts } from './body-shape.js'
import { newField, newFieldSchema, newStruct, newStructSchema } from './new-schema.js'
import { actionRoute } from './route.js'

const ofCollection = { dbName: text, collectionName: text }
const collectionName = 'CollectionName'

export const alterCollectionProperties = actionRoute(
  {
    name: 'CollectionReqWithProperties',
    schema: z.object({ ...ofCollection, properties }),
    required: { collectionName },
  },
  (engine, body, dbName) =>
    engine.changes.alter(dbName, body.collectionName, { set: body.properties, remove: [] }),
)

export const dropCollectionProperties = actionRoute(
  {
    name: 'DropCollectionPropertiesReq',
    schema: z.object({ ...ofCollection, propertyKeys: texts }),
    required: { collectionName },
  },
  (engine, body, dbName) =>
    engine.changes.alter(dbName, body.collectionName, { set: [], remove: body.propertyKeys }),
)

export const addField = actionRoute(
  {
    name: 'CollectionFieldReqWithSchema',
    schema: z.object({ ...ofCollection, schema: newFieldSchema }),
    required: { collectionName },
  },
  (engine, body, dbName) => {
    const timeZone = timeZoneOfCollection(engine, dbName, body.collectionName)
    return engine.changes.addField(dbName, body.collectionName, newField(body.schema, timeZone))
  },
)

export const addStructField = actionRoute(
  {
    name: 'CollectionStructFieldReqWithSchema',
    schema: z.object({ ...ofCollection, schema: newStructSchema }),
    required: { collectionName },
  },
  (engine, body, dbName) =>
    engine.changes.addStruct(dbName, body.collectionName, newStruct(body.schema)),
)

export const alterFieldProperties = actionRoute(
  {
    name: 'CollectionFieldReqWithParams',
    schema: z.object({ ...ofCollection, fieldName: text, fieldParams: properties }),
    required: { collectionName, fieldName: 'FieldName' },
  },
  (engine, body, dbName) => {
    const change = { set: body.fieldParams, remove: [] }
    return engine.changes.alterField(dbName, body.collectionName, body.fieldName, change)
  },
)

export const dropField = actionRoute(
  {
    name: 'CollectionFieldReq',
    schema: z.object({ ...ofCollection, fieldName: text }),
    required: { collectionName, fieldName: 'FieldName' },
  },
  (engine, body, dbName) =>
    engine.changes.dropField(dbName, body.collectionName, body.fieldName, 0),
)
