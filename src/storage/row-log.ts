import { decodeBatch, encodeBatch } from '../column/batch-codec.js'
import { type ColumnBatch, columnBytes } from '../column/column.js'
import { sliceBatch } from '../column/slice.js'
import { Breath } from '../util/breath.js'
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

/** A batch as the log keeps it, in chunks. A delete's batch has the key column only. */
export function encodedChunks(batch: ColumnBatch): Uint8Array[] {
  return chunksOf(batch).map(encodeBatch)
}

/** As `encodedChunks`, of each batch: large ones take several turns of the event loop. */
export async function encodedInTurns(batches: readonly ColumnBatch[]): Promise<Uint8Array[][]> {
  const breath = new Breath()
  const encoded: Uint8Array[][] = []
  for (const batch of batches) {
    const chunks: Uint8Array[] = []
    for (const chunk of chunksOf(batch)) {
      if (breath.isDue) await breath.take()
      chunks.push(encodeBatch(chunk))
    }
    encoded.push(chunks)
  }
  return encoded
}

/** The edits that log a batch. */
export function logEdits(
  collectionId: bigint,
  { timestamp, kind, partitionId }: Pick<LoggedBatch, 'timestamp' | 'kind' | 'partitionId'>,
  chunks: readonly Uint8Array[],
): { edits: Edit[]; keys: Key[] } {
  const partition = partitionId === null ? '-' : keyFromId(partitionId)
  const place = [keyFromId(collectionId), keyFromId(timestamp), kind, partition]
  const keys = chunks.map((_, index): Key => [...place, index])
  const edits = chunks.map((bytes, index): Edit => ({ table: 'rows', key: keys[index], bytes }))
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
