/** Bulk insert from TypeScript: pymilvus's names in camelCase, against millrace or a real Milvus. */
export type { CollectionSchema } from '../schema/collection-schema.js'
export { DataType } from '../schema/data-type.js'
export { BulkInsertState } from './bulk-insert-state.js'
export type { ConnectOptions } from './connection.js'
export { connections } from './connections.js'
export {
  type CollectionDescription,
  MilvusClient,
  type NewCollection,
  type NewIndex,
  type Query,
  type SearchHit,
} from './milvus-client.js'
export { MilvusException, ParamError } from './milvus-exception.js'
export type { NewField } from './new-field.js'
export type { Row, RowValue } from './rows-from-fields.js'
export type { Consistency, Search } from './search-request.js'
export type { TaskId } from './task-id.js'
export { type BulkInsert, type Using, utility, type WaitForBulkInsert } from './utility.js'
