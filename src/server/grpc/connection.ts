import { serverVersion } from '../../config.js'
import { defaultDatabaseName } from '../database.js'
import type { Handlers } from './call.js'

export const connectionHandlers = {
  Connect({ engine, dbName }) {
    const identifier = engine.allocTimestamp()
    return {
      identifier,
      server_info: {
        build_tags: serverVersion,
        deploy_mode: 'STANDALONE',
        reserved: { database: dbName },
      },
    }
  },

  GetVersion: () => ({ version: serverVersion }),

  CheckHealth: () => ({ isHealthy: true }),

  AllocTimestamp: ({ engine }) => ({ timestamp: engine.allocTimestamp() }),

  ListDatabases: () => ({
    db_names: [defaultDatabaseName],
    created_timestamp: [0n],
    db_ids: [1n],
  }),
} satisfies Handlers
