import type { Column } from '../column/column.js'
import type { BoxTree } from '../indexes/scalar/box-tree.js'
import type { ValueIndex } from '../indexes/scalar/value-index.js'
import type { VectorPart } from '../kernels/vector-region.js'
import type { Field } from '../schema/field.js'
import type { RowFile } from '../source/row-file.js'
import type { WorkerPool } from '../workers/worker-job.js'
import type { IndexedPath } from './indexed-path.js'
import type { ResidentIndex } from './resident-vectors.js'

/** An index over values of a field, or of a path in its documents. */
export interface ScalarIndexOfSegment {
  readonly fieldId: number
  readonly json: IndexedPath | null
  readonly values: ValueIndex
}

/** An index over the boxes around the geometries of a field. */
export interface SpatialIndexOfSegment {
  readonly fieldId: number
  readonly boxes: BoxTree
}

/**
 * A segment as one query sees it. `search/` declares the same shape as SegmentView: the two rooms are of
 * one rank and do not know each other.
 */
export interface PinnedView {
  readonly segmentId: bigint
  readonly partitionId: bigint
  readonly isGrowing: boolean
  readonly rowCount: number
  readonly pool: WorkerPool
  readonly alive: Uint8Array | null
  column(field: Field): Promise<Column>
  validity(field: Field): Promise<Uint8Array | null>
  pkOrder(): Promise<Uint32Array | null>
  scalarIndexes(fieldIds: readonly number[]): Promise<readonly ScalarIndexOfSegment[]>
  spatialIndexes(fieldIds: readonly number[]): Promise<readonly SpatialIndexOfSegment[]>
  vectorParts(field: Field): readonly VectorPart[]
  vectorFile(field: Field): RowFile | null
  vectorIndex(field: Field): ResidentIndex | null
  release(): void
}

/** All of a collection's visible rows at one moment. */
export interface Snapshot {
  readonly views: readonly PinnedView[]
  readonly timestamp: bigint
  release(): void
}
