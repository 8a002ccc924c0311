import type { Handlers } from './call.js'

export const aliasHandlers = {
  async CreateAlias({ engine, dbName }, { collection_name, alias }) {
    await engine.aliases.create(dbName, collection_name, alias)
    return undefined
  },

  async AlterAlias({ engine, dbName }, { collection_name, alias }) {
    await engine.aliases.alter(dbName, collection_name, alias)
    return undefined
  },

  async DropAlias({ engine, dbName }, { alias }) {
    await engine.aliases.drop(dbName, alias)
    return undefined
  },

  DescribeAlias({ engine, dbName }, { alias }) {
    const { collectionName } = engine.aliases.describe(dbName, alias)
    return { db_name: dbName, alias, collection: collectionName }
  },

  ListAliases({ engine, dbName }, { collection_name }) {
    const aliases = engine.aliases.list(dbName, collection_name)
    return { db_name: dbName, collection_name, aliases: aliases.map(({ alias }) => alias) }
  },
} satisfies Handlers
