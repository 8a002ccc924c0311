import type { VectorMemory } from '../kernels/vector-memory.js'
import type { VectorRegion } from '../kernels/vector-region.js'
import type { DataType } from '../schema/data-type.js'
import type { Metric } from '../schema/metric.js'
import type { RowFile } from '../source/row-file.js'
import type { WorkerContext, WorkerPool } from '../workers/worker-job.js'

/** What an index is to be: Milvus's name, and every parameter with its default filled in. */
export interface IndexSpec {
  readonly indexType: string
  readonly metric: Metric
  readonly params: Readonly<Record<string, number | string | boolean>>
}

/** The rows of a sealed segment's vector column as they lie in kernel memory, unpadded. */
export interface IndexedVectors {
  readonly region: VectorRegion
  readonly rowCount: number
  readonly dataType: DataType
  readonly dim: number
  /** A bit for every row that has a vector; null: all have. The others are not indexed. */
  readonly validity: Uint8Array | null
}

type VectorsShape = Pick<IndexedVectors, 'dataType' | 'dim'>

export interface BuildContext {
  readonly pool: WorkerPool
  readonly memory: VectorMemory
  readonly vectors: IndexedVectors
  readonly spec: IndexSpec
  readonly signal?: AbortSignal
  /** Rows done so far, of `vectors.rowCount`; never falls. */
  readonly onProgress?: (rows: number) => void
}

/**
 * One search of one segment's index by any thread. Addresses are byte offsets in the memory of the index.
 * It can be posted to a worker, best without the memory, which the worker keeps.
 */
export interface IndexSearchJob {
  /** The name of the family. */
  readonly family: string
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly index: number
  /** The raw rows; 0 where they are not in memory. */
  readonly vectors: number
  /** The raw rows where they are not in memory. */
  readonly file: RowFile | null
  readonly rowCount: number
  readonly dataType: DataType
  readonly dim: number
  readonly spec: IndexSpec
  /** Search parameters: ef, nprobe, … with their defaults filled in. */
  readonly params: Readonly<Record<string, number>>
  /** `nq` rows as the scan kernels want them: float32, or bits. */
  readonly queries: number
  readonly nq: number
  /** Bits of the rows that may be found, in whole words of 64; 0: all rows. */
  readonly mask: number
  /** The least distance that counts; -Infinity: any. Nearer rows are walked through, not found. */
  readonly near: number
  /**
   * `nq` heaps of `k` places as the scan kernels leave them (`heapPlaceBytes`, sorted, nearest first, ids =
   * `firstId` + row offset, empty places all ones at the end). Distances are those of the exact scan where
   * the family computes them exactly.
   */
  readonly heaps: number
  readonly k: number
  readonly firstId: number
  /** `scratchBytes` of the family. */
  readonly scratch: number
}

/**
 * One family of indexes. An index is one region: position independent, so that its bytes are written to the
 * index's file and read back into any region.
 */
export interface IndexFamily {
  readonly name: string
  /** Whether a file is one that `build` might have made now, rather than one of an older release. */
  isCurrent(file: DataView, spec: IndexSpec, vectors: VectorsShape): boolean
  /**
   * Whether searches want the raw vectors in the memory of the index. Otherwise they stay in the segment's
   * file, where single rows can be read.
   */
  searchesVectors(spec: IndexSpec, dataType: DataType): boolean
  /**
   * Builds with all threads of the batch lane, while searches of other segments go on. The region is the
   * caller's to free; nothing else stays taken, also when it throws.
   * @throws memoryExceeded, cancelled
   */
  build(context: BuildContext): Promise<VectorRegion>
  /** Room that a search job needs beside its queries and heaps. */
  scratchBytes(job: Omit<IndexSearchJob, 'scratch'>): number
  /** Runs in a worker thread, looks at the cancellation between queries. */
  search(job: IndexSearchJob, context: Pick<WorkerContext, 'throwIfCancelled'>): void
}
