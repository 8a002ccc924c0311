import { z } from 'zod'
import type { DatabaseCatalog } from '../../engines/catalog.js'
import { seenDatabases } from '../auth/authorization.js'
import { type BodyShape, emptyShape, parseBody, properties, text, texts } from './body-shape.js'
import type { JsonValue } from './json-text.js'
import { clusterRoute, type Route, routeOf } from './route.js'

const named = { name: 'DatabaseReqRequiredName', required: { dbName: 'DbName' } } as const
const nameShape = { ...named, schema: z.object({ dbName: text }) }
const propertiesShape = { ...named, schema: z.object({ dbName: text, properties }) }

/** `dbName` is here the database that is asked about. */
function databaseRoute<Body>(
  shape: BodyShape<Body>,
  answer: (databases: DatabaseCatalog, body: Body) => JsonValue | Promise<void>,
): Route {
  return routeOf(shape, async ({ databases }, bodyText) => {
    const data = await answer(databases, parseBody(shape, bodyText))
    return { data: data ?? {} }
  })
}

export const listDatabases = clusterRoute(emptyShape, (engine, _body, { userName }) =>
  seenDatabases(engine, userName).map(({ name }) => name),
)

export const describeDatabase = databaseRoute(nameShape, (databases, { dbName }) => {
  const { name, databaseId, ...database } = databases.describe(dbName)
  const pairs = database.properties.map(([key, value]) => ({ key, value }))
  return { dbName: name, dbID: databaseId, properties: pairs }
})

export const createDatabase = databaseRoute(propertiesShape, (databases, body) =>
  databases.create(body.dbName, body.properties),
)

export const dropDatabase = databaseRoute(nameShape, (databases, { dbName }) =>
  databases.drop(dbName),
)

/** Of `alter` and of `alter_properties`. */
export const alterDatabase = databaseRoute(propertiesShape, (databases, body) =>
  databases.alter(body.dbName, { set: body.properties, remove: [] }),
)

export const dropDatabaseProperties = databaseRoute(
  { ...named, schema: z.object({ dbName: text, propertyKeys: texts }) },
  (databases, { dbName, propertyKeys }) =>
    databases.alter(dbName, { set: [], remove: propertyKeys }),
)
