/** millrace inside a Node process: open a data directory, use it, and serve it where others shall too. */
export type { NewImport } from './bulk/import-request.js'
export { ImportState } from './bulk/import-state.js'
export type { ImportTask } from './bulk/import-task.js'
export type { Column, ColumnBatch } from './column/column.js'
export { EmbeddedEngine } from './engines/embedded/embedded-engine.js'
export type { EmbeddedEngineOptions, EngineLog } from './engines/embedded/engine-options.js'
export type {
  CollectionDescription,
  Engine,
  ImportProgress,
  IndexDescription,
  Mutation,
  NewCollection,
  NewIndex,
} from './engines/engine.js'
export { MillraceError } from './errors.js'
export type { CollectionSchema } from './schema/collection-schema.js'
export { DataType } from './schema/data-type.js'
export type { Field } from './schema/field.js'
export type {
  OutputField,
  QueryRequest,
  QueryResult,
  SearchRequest,
  SearchResult,
} from './search/search-request.js'
export { type RunningServer, type ServeAddress, startServer } from './server/serve.js'
export { UploadRoot } from './source/upload-root.js'
