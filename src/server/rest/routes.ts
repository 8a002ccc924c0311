import type { Engine } from '../../engines/engine.js'
import { alterAlias, createAlias, describeAlias, dropAlias, listAliases } from './aliases.js'
import {
  collectionLoadState,
  collectionStats,
  compactCollection,
  compactionState,
  dropCollection,
  flushCollection,
  hasCollection,
  loadCollection,
  releaseCollection,
  renameCollection,
  truncateCollection,
} from './collection-actions.js'
import {
  addField,
  addStructField,
  alterCollectionProperties,
  alterFieldProperties,
  dropCollectionProperties,
  dropField,
} from './collection-properties.js'
import { describeCollection, listCollections } from './collections.js'
import { createCollection } from './create-collection.js'
import {
  alterDatabase,
  createDatabase,
  describeDatabase,
  dropDatabase,
  dropDatabaseProperties,
  listDatabases,
} from './databases.js'
import {
  deleteEntities,
  getEntities,
  insertEntities,
  queryEntities,
  upsertEntities,
} from './entities.js'
import {
  abortImportJob,
  cancelImportJob,
  commitImportJob,
  createImportJob,
  deleteImportJob,
  describeImportJob,
  importRejects,
  listImportJobs,
} from './import-jobs.js'
import {
  alterIndexProperties,
  createIndex,
  describeIndex,
  dropIndex,
  dropIndexProperties,
  listIndexes,
} from './indexes.js'
import {
  createPartition,
  dropPartition,
  hasPartition,
  listPartitions,
  loadPartitions,
  partitionStats,
  releasePartitions,
} from './partitions.js'
import type { Route } from './route.js'
import { hybridSearchEntities, searchEntities } from './search.js'

/** What is answered to a POST below `/v2/vectordb`. */
export const routes: ReadonlyMap<string, Route> = new Map([
  ['/collections/list', listCollections],
  ['/collections/describe', describeCollection],
  ['/collections/has', hasCollection],
  ['/collections/create', createCollection],
  ['/collections/drop', dropCollection],
  ['/collections/rename', renameCollection],
  ['/collections/truncate', truncateCollection],
  ['/collections/load', loadCollection],
  ['/collections/refresh_load', loadCollection],
  ['/collections/release', releaseCollection],
  ['/collections/get_stats', collectionStats],
  ['/collections/get_load_state', collectionLoadState],
  ['/collections/flush', flushCollection],
  ['/collections/compact', compactCollection],
  ['/collections/get_compaction_state', compactionState],
  ['/collections/alter_properties', alterCollectionProperties],
  ['/collections/drop_properties', dropCollectionProperties],
  ['/collections/fields/add', addField],
  ['/collections/struct_fields/add', addStructField],
  ['/collections/fields/alter_properties', alterFieldProperties],
  ['/collections/fields/drop', dropField],
  ['/entities/insert', insertEntities],
  ['/entities/upsert', upsertEntities],
  ['/entities/delete', deleteEntities],
  ['/entities/get', getEntities],
  ['/entities/query', queryEntities],
  ['/entities/search', searchEntities],
  ['/entities/hybrid_search', hybridSearchEntities],
  ['/entities/advanced_search', hybridSearchEntities],
  ['/partitions/list', listPartitions],
  ['/partitions/has', hasPartition],
  ['/partitions/get_stats', partitionStats],
  ['/partitions/create', createPartition],
  ['/partitions/drop', dropPartition],
  ['/partitions/load', loadPartitions],
  ['/partitions/release', releasePartitions],
  ['/indexes/list', listIndexes],
  ['/indexes/describe', describeIndex],
  ['/indexes/create', createIndex],
  ['/indexes/drop', dropIndex],
  ['/indexes/alter_properties', alterIndexProperties],
  ['/indexes/drop_properties', dropIndexProperties],
  ['/aliases/list', listAliases],
  ['/aliases/describe', describeAlias],
  ['/aliases/create', createAlias],
  ['/aliases/alter', alterAlias],
  ['/aliases/drop', dropAlias],
  ['/databases/list', listDatabases],
  ['/databases/describe', describeDatabase],
  ['/databases/create', createDatabase],
  ['/databases/drop', dropDatabase],
  ['/databases/alter', alterDatabase],
  ['/databases/alter_properties', alterDatabase],
  ['/databases/drop_properties', dropDatabaseProperties],
  ['/jobs/import/create', createImportJob],
  ['/jobs/import/describe', describeImportJob],
  ['/jobs/import/get_progress', describeImportJob],
  ['/jobs/import/list', listImportJobs],
  ['/jobs/import/commit', commitImportJob],
  ['/jobs/import/abort', abortImportJob],
  ['/jobs/import/cancel', cancelImportJob],
  ['/jobs/import/delete', deleteImportJob],
])

/** What is given to a GET below `/v2/vectordb`, as JSON lines. */
export const downloads: ReadonlyMap<
  string,
  (engine: Engine, query: URLSearchParams) => AsyncIterable<Uint8Array>
> = new Map([['/jobs/import/rejects', importRejects]])
