import { z } from 'zod'
import { text } from './body-shape.js'
import { actionRoute, route } from './route.js'

const aliasShape = {
  name: 'AliasReq',
  schema: z.object({ dbName: text, aliasName: text }),
  required: { aliasName: 'AliasName' },
} as const

const aliasCollectionShape = {
  name: 'AliasCollectionReq',
  schema: z.object({ dbName: text, aliasName: text, collectionName: text }),
  required: { collectionName: 'CollectionName', aliasName: 'AliasName' },
} as const

export const listAliases = route(
  {
    name: 'OptionalCollectionNameReq',
    schema: z.object({ dbName: text, collectionName: text }),
    required: {},
  },
  (engine, { collectionName }, dbName) =>
    engine.aliases.list(dbName, collectionName).map(({ alias }) => alias),
)

export const describeAlias = route(aliasShape, (engine, { aliasName }, dbName) => {
  const { alias, collectionName } = engine.aliases.describe(dbName, aliasName)
  return { dbName, collectionName, aliasName: alias }
})

export const createAlias = actionRoute(
  aliasCollectionShape,
  (engine, { collectionName, aliasName }, dbName) =>
    engine.aliases.create(dbName, collectionName, aliasName),
)

export const alterAlias = actionRoute(
  aliasCollectionShape,
  (engine, { collectionName, aliasName }, dbName) =>
    engine.aliases.alter(dbName, collectionName, aliasName),
)

export const dropAlias = actionRoute(aliasShape, (engine, { aliasName }, dbName) =>
  engine.aliases.drop(dbName, aliasName),
)
