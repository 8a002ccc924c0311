import type { IndexSpec } from '../../indexes/index-family.js'
import type { VectorPart } from '../../kernels/vector-region.js'
import type { DataType } from '../../schema/data-type.js'
import type { Metric } from '../../schema/metric.js'
import type { RowFile } from '../../source/row-file.js'
import type { SegmentIndex } from '../segment-view.js'

/** The vectors of a segment that one search looks at. */
export interface SegmentVectors {
  readonly rowCount: number
  /** In the order of their rows. */
  readonly parts: readonly VectorPart[]
  /** A bit for every row that may be found; null: all may. */
  readonly mask: Uint8Array | null
  /** Over the same rows, in the memory of the only part; null: there is none. */
  readonly index?: SegmentIndex | null
  /** Where the rows lie when there are no parts: beside their index they need not be in memory. */
  readonly file?: RowFile | null
}

/** The index that a search goes by where segments have it. */
export interface IndexToSearch {
  readonly indexId: bigint
  readonly spec: IndexSpec
  /** Of the search, complete. */
  readonly params: Readonly<Record<string, number>>
}

export interface NearestQuery {
  readonly dataType: DataType
  readonly dim: number
  readonly metric: Metric
  readonly nq: number
  /** `nq` rows, little endian. */
  readonly bytes: Uint8Array
  readonly k: number
  /** The least distance that counts; left out: any. */
  readonly near?: number
  /** Left out or null: all rows are looked at. */
  readonly index?: IndexToSearch | null
  readonly signal?: AbortSignal
}

/** Up to k rows, nearest first; those that are equally near in the order of segment and row. */
export interface Neighbors {
  /** Smaller is nearer: squared for L2, negated for IP and COSINE. */
  readonly distances: Float32Array
  /** Indexes into the searched segments. */
  readonly segments: Uint32Array
  /** Row offsets in their segments. */
  readonly rows: Uint32Array
  /** Of a search for single elements of lists: which of its row's elements each is. */
  readonly elements?: Uint32Array
}
