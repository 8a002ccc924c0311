import { MillraceError } from '../errors.js'
import type { ReadIndexInput } from '../indexes/read-index-job.js'
import type { WriteIndexInput } from '../indexes/write-index-job.js'
import { combineCrc32 } from '../util/combine-crc32.js'
import type { WorkerPool } from '../workers/worker-job.js'
import type { DataDirectory } from './data-directory.js'
import type { BuiltIndex } from './records.js'

const writeJob = new URL('../indexes/write-index-job.js', import.meta.url)
const readJob = new URL('../indexes/read-index-job.js', import.meta.url)

interface FilesContext {
  readonly directory: Pick<DataDirectory, 'indexPath' | 'removed' | 'syncIndexes' | 'removeIndex'>
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
  // One of the same name is damaged or failed; it is not written over, since a snapshot may share it.
  directory.removeIndex(segmentId, indexId)
  await directory.removed()
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

/** Reads an index, on all cores. @throws ioFailed when its file is not what was written */
export async function readIndex(
  { directory, pool }: FilesContext,
  segmentId: bigint,
  { indexId, checksum }: BuiltIndex,
  bytes: Uint8Array,
): Promise<void> {
  const path = directory.indexPath(segmentId, indexId)
  const length = Math.max(partBytesMin, Math.ceil(bytes.length / pool.threadCount))
  const parts: ReadIndexInput[] = []
  for (let begin = 0; begin === 0 || begin < bytes.length; begin += length) {
    const part = bytes.subarray(begin, begin + length)
    parts.push({ path, fileBytes: bytes.length, bytes: part, byteOffset: begin })
  }
  const found = checksumOf(parts, await readParts(pool, parts))
  if (found === checksum) return
  throw new MillraceError(
    'ioFailed',
    `index file ${path}: expected the checksum ${hex(checksum)}, got ${hex(found)}`,
  )
}

/** Less is read in the time that another thread takes to begin. */
const partBytesMin = 4 * 1024 ** 2

/** Also when one fails, none is written to any more. */
async function readParts(pool: WorkerPool, parts: readonly ReadIndexInput[]): Promise<number[]> {
  const ends = await Promise.allSettled(
    parts.map((part) => pool.run<ReadIndexInput, number>(readJob, part, { lane: 'lengthy' })),
  )
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason
    return end.value
  })
}

function checksumOf(parts: readonly ReadIndexInput[], checksums: readonly number[]): number {
  let whole = 0
  for (const [at, { bytes }] of parts.entries()) {
    whole = combineCrc32(whole, checksums[at], bytes.length)
  }
  return whole
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}
