import { keyValuesFromPairs, pairsFromKeyValues } from '../../wire/key-values.js'
import { seenDatabases } from '../auth/authorization.js'
import type { Handlers } from './call.js'

/** `db_name` is here the database that is asked about, not the one to work in. */
export const databaseHandlers = {
  async CreateDatabase({ engine }, { db_name, properties }) {
    await engine.databases.create(db_name, pairsFromKeyValues(properties))
    return undefined
  },

  async DropDatabase({ engine }, { db_name }) {
    await engine.databases.drop(db_name)
    return undefined
  },

  async AlterDatabase({ engine }, { db_name, properties, delete_keys }) {
    const change = { set: pairsFromKeyValues(properties), remove: delete_keys }
    await engine.databases.alter(db_name, change)
    return undefined
  },

  DescribeDatabase({ engine }, { db_name }) {
    const database = engine.databases.describe(db_name)
    return {
      db_name: database.name,
      dbID: database.databaseId,
      created_timestamp: database.createdTimestamp,
      properties: keyValuesFromPairs(database.properties),
    }
  },

  ListDatabases({ engine, userName }) {
    const databases = seenDatabases(engine, userName)
    return {
      db_names: databases.map(({ name }) => name),
      created_timestamp: databases.map(({ createdTimestamp }) => createdTimestamp),
      db_ids: databases.map(({ databaseId }) => databaseId),
    }
  },
} satisfies Handlers
