import { accessBackupHandlers } from './access-backup.js'
import { aliasHandlers } from './aliases.js'
import type { Handlers } from './call.js'
import { clusterHandlers } from './cluster.js'
import { collectionChangeHandlers } from './collection-changes.js'
import { collectionHandlers } from './collections.js'
import { connectionHandlers } from './connection.js'
import { databaseHandlers } from './databases.js'
import { hybridSearchHandlers } from './hybrid-search.js'
import { importHandlers } from './imports.js'
import { indexHandlers } from './indexes.js'
import { loadingHandlers } from './loading.js'
import { partitionHandlers } from './partitions.js'
import { privilegeGroupHandlers } from './privilege-groups.js'
import { queryHandlers } from './query.js'
import { resourceGroupHandlers } from './resource-groups.js'
import { roleHandlers } from './roles.js'
import { rowHandlers } from './rows.js'
import { searchHandlers } from './search.js'
import { segmentHandlers } from './segments.js'
import { snapshotHandlers } from './snapshots.js'
import { userHandlers } from './users.js'

/** What is answered; every other RPC of the service is unimplemented. */
export const handlers: Handlers = {
  ...connectionHandlers,
  ...databaseHandlers,
  ...collectionHandlers,
  ...collectionChangeHandlers,
  ...aliasHandlers,
  ...partitionHandlers,
  ...indexHandlers,
  ...loadingHandlers,
  ...rowHandlers,
  ...segmentHandlers,
  ...snapshotHandlers,
  ...clusterHandlers,
  ...resourceGroupHandlers,
  ...userHandlers,
  ...roleHandlers,
  ...privilegeGroupHandlers,
  ...accessBackupHandlers,
  ...searchHandlers,
  ...hybridSearchHandlers,
  ...queryHandlers,
  ...importHandlers,
}
