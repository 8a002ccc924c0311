import { serverVersion } from '../../config.js'
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
} satisfies Handlers
