/** `millrace/formats`: reads files as column batches, without a server. */
export type {
  BytesColumn,
  Column,
  ColumnBatch,
  FixedColumn,
  FixedValues,
  ListColumn,
} from '../column/column.js'
export { MillraceError } from '../errors.js'
export { DataType } from '../schema/data-type.js'
export type { Field } from '../schema/field.js'
export type { ByteSource, SourceAddress } from '../source/byte-source.js'
export { openLocalSource } from '../source/local-source.js'
export {
  type BatchReader,
  type Checkpoint,
  defaultReadOptions,
  type FileGroupOutline,
  type Format,
  type InputPart,
  type ReadOptions,
  type ReadRequest,
  type RejectedRow,
} from './format.js'
export type { NpyDtype } from './npy/npy-dtype.js'
export { type NpyHeader, parseNpyHeader } from './npy/npy-header.js'
export { encodeNpyHeader, type NpyValues, npyBytes } from './npy/npy-writer.js'
export { formatOf, formats } from './registry.js'
