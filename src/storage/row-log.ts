import { decodeBatch, encodeBatch } from '../column/batch-codec.js'
import { type ColumnBatch, columnBytes } from '../column/column.js'
import { sliceBatch } from '../column/slice.js'
import { type Edit, type Key, keyFromId, type Store } from './store.js'

/** A stored value is about this long at most, so that LMDB need not find longer runs of free pages. */
const chunkBytes = 1024 ** 2

/** Rows that came by Insert, or keys that came by Delete, until a seal makes them part of a segment. */
export interface LoggedBatch {
  readonly kind: 'insert' | 'delete'
  readonly timestamp: bigint
  /** Of a delete: null means every partition. */
  readonly partitionId: bigint | null
  readonly batch: ColumnBatch
  readonly key: Key
}

/** The edits that log a batch. A delete's batch has the key column only. */
export function logEdits(
  collectionId: bigint,
  logged: Omit<LoggedBatch, 'key'>,
): { edits: Edit[]; keys: Key[] } {
  const partition = logged.partitionId === null ? '-' : keyFromId(logged.partitionId)
  const keys: Key[] = []
  const edits = chunksOf(logged.batch).map((chunk, index): Edit => {
    const key: Key = [
      keyFromId(collectionId),
      keyFromId(logged.timestamp),
      logged.kind,
      partition,
      index,
    ]
    keys.push(key)
    return { table: 'rows', key, bytes: encodeBatch(chunk) }
  })
  return { edits, keys }
}

/** What is logged of a collection, in the order of its timestamps. */
export function* loggedBatches(store: Store, collectionId: bigint): IterableIterator<LoggedBatch> {
  for (const { key, bytes } of store.entriesUnder('rows', [keyFromId(collectionId)])) {
    const [, timestamp, kind, partition] = key as string[]
    yield {
      kind: kind as LoggedBatch['kind'],
      timestamp: BigInt(`0x${timestamp}`),
      partitionId: partition === '-' ? null : BigInt(`0x${partition}`),
      batch: decodeBatch(bytes),
      key,
    }
  }
}

export function forgetEdits(keys: readonly Key[]): Edit[] {
  return keys.map((key) => ({ table: 'rows', key, remove: true }))
}

function chunksOf(batch: ColumnBatch): ColumnBatch[] {
  let byteLength = 0
  for (const column of batch.columns.values()) byteLength += columnBytes(column, 0, batch.rowCount)
  const chunkCount = Math.max(1, Math.ceil(byteLength / chunkBytes))
  const chunkRows = Math.max(1, Math.ceil(batch.rowCount / chunkCount))
  const chunks: ColumnBatch[] = []
  for (let row = 0; row < batch.rowCount; row += chunkRows) {
    chunks.push(sliceBatch(batch, row, Math.min(row + chunkRows, batch.rowCount)))
  }
  return chunks
}
