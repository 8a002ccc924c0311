import type { ReadIndexInput } from '../indexes/read-index-job.js'
import type { WriteIndexInput } from '../indexes/write-index-job.js'
import type { WorkerPool } from '../workers/worker-job.js'
import type { DataDirectory } from './data-directory.js'
import type { BuiltIndex } from './records.js'

const writeJob = new URL('../indexes/write-index-job.js', import.meta.url)
const readJob = new URL('../indexes/read-index-job.js', import.meta.url)

interface FilesContext {
  readonly directory: DataDirectory
  readonly pool: WorkerPool
}

/** Which index of which segment a file is. */
interface IndexName {
  readonly segmentId: bigint
  readonly indexId: bigint
  readonly fieldId: number
}

/** Makes an index durable as a file, which nobody names yet. When it fails, there is none. */
export async function writeIndex(
  { directory, pool }: FilesContext,
  { segmentId, indexId, fieldId }: IndexName,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<BuiltIndex> {
  const path = directory.indexPath(segmentId, indexId)
  await directory.removed() // One of the same name, say, that failed before.
  try {
    const input: WriteIndexInput = { path, bytes }
    const checksum = await pool.run<WriteIndexInput, number>(writeJob, input, {
      lane: 'batch',
      signal,
    })
    await directory.syncIndexes()
    return { indexId, fieldId, byteLength: bytes.byteLength, checksum }
  } catch (error) {
    directory.removeIndex(segmentId, indexId)
    throw error
  }
}

/** Reads an index. @throws ioFailed when its file is not what was written */
export async function readIndex(
  { directory, pool }: FilesContext,
  segmentId: bigint,
  { indexId, checksum }: BuiltIndex,
  bytes: Uint8Array,
): Promise<void> {
  const input: ReadIndexInput = { path: directory.indexPath(segmentId, indexId), bytes, checksum }
  await pool.run<ReadIndexInput, void>(readJob, input, { lane: 'lengthy' })
}
