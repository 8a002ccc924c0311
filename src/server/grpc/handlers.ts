import type { Handlers } from './call.js'
import { collectionHandlers } from './collections.js'
import { connectionHandlers } from './connection.js'
import { hybridSearchHandlers } from './hybrid-search.js'
import { importHandlers } from './imports.js'
import { indexHandlers } from './indexes.js'
import { loadingHandlers } from './loading.js'
import { partitionHandlers } from './partitions.js'
import { queryHandlers } from './query.js'
import { rowHandlers } from './rows.js'
import { searchHandlers } from './search.js'

/** What is answered; every other RPC of the service is unimplemented. */
export const handlers: Handlers = {
  ...connectionHandlers,
  ...collectionHandlers,
  ...partitionHandlers,
  ...indexHandlers,
  ...loadingHandlers,
  ...rowHandlers,
  ...searchHandlers,
  ...hybridSearchHandlers,
  ...queryHandlers,
  ...importHandlers,
}
