import { CompressionType } from 'apache-arrow/fb/compression-type'
import type { RecordBatch } from 'apache-arrow/fb/record-batch'

/** Values as they lie in a file: nodes and buffers for each field, in the order of the schema. */
export interface ArrowBody {
  readonly rowCount: number
  /** Rows of each field. */
  readonly nodes: readonly number[]
  readonly buffers: readonly BufferRange[]
  /** How many data buffers each field of views has. */
  readonly viewBufferCounts: readonly number[]
  readonly codec: 'none' | 'lz4' | 'zstd'
}

/** Of the file. */
export interface BufferRange {
  readonly begin: number
  readonly byteLength: number
}

const partsMax = 1_000_000

/** @throws Error where a buffer lies outside of the batch's body */
export function arrowBodyOf(batch: RecordBatch, bodyBegin: number, bodyEnd: number): ArrowBody {
  const counts = [batch.nodesLength(), batch.buffersLength(), batch.variadicBufferCountsLength()]
  if (counts.some((count) => count > partsMax)) throw new Error(`it has a batch of ${counts} parts`)
  const rowCount = countOf(batch.length())
  return {
    rowCount,
    nodes: Array.from({ length: counts[0] }, (_, index) => countOf(batch.nodes(index)!.length())),
    buffers: Array.from({ length: counts[1] }, (_, index) =>
      rangeOf(batch.buffers(index), bodyBegin, bodyEnd),
    ),
    viewBufferCounts: Array.from({ length: counts[2] }, (_, index) =>
      countOf(batch.variadicBufferCounts(index) ?? 0n),
    ),
    codec: codecOf(batch),
  }
}

function rangeOf(
  buffer: ReturnType<RecordBatch['buffers']>,
  bodyBegin: number,
  bodyEnd: number,
): BufferRange {
  const begin = bodyBegin + countOf(buffer!.offset())
  const byteLength = countOf(buffer!.length())
  if (begin + byteLength <= bodyEnd) return { begin, byteLength }
  throw new Error(`it has a buffer of ${byteLength} bytes at byte ${begin}, beyond its batch`)
}

function countOf(value: bigint): number {
  const count = Number(value)
  if (count >= 0 && count <= 2 ** 48) return count
  throw new Error(`it has a count of ${value}`)
}

function codecOf(batch: RecordBatch): ArrowBody['codec'] {
  const compression = batch.compression()
  if (!compression) return 'none'
  const codec = compression.codec()
  if (codec === CompressionType.LZ4_FRAME) return 'lz4'
  if (codec === CompressionType.ZSTD) return 'zstd'
  throw new Error(`it has unsupported compression ${codec}`)
}
