/** Bulk insert from TypeScript: pymilvus's names in camelCase, against millrace or a real Milvus. */
export { DataType } from '../schema/data-type.js'
export { BulkInsertState } from './bulk-insert-state.js'
export type { ConnectOptions } from './connection.js'
export { connections } from './connections.js'
export { MilvusException, ParamError } from './milvus-exception.js'
export type { TaskId } from './task-id.js'
export { type BulkInsert, type Using, utility, type WaitForBulkInsert } from './utility.js'
