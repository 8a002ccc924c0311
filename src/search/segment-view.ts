import type { Column } from '../column/column.js'
import type { VectorPart, VectorRegion } from '../kernels/vector-region.js'
import type { Field } from '../schema/field.js'
import type { RowFile } from '../source/row-file.js'
import type { WorkerPool } from '../workers/worker-job.js'
import type { ScalarIndex, SpatialIndex } from './filter/scalar-index.js'

/** A segment's part of an index. */
export interface SegmentIndex {
  readonly indexId: bigint
  readonly region: VectorRegion
}

/**
 * A segment, growing or sealed, as one query sees it from its start to its end: pinned rows, pinned
 * deletes. Whoever made it releases it.
 */
export interface SegmentView {
  readonly segmentId: bigint
  readonly partitionId: bigint
  /** Whether its rows came by Insert and are not sealed yet. */
  readonly isGrowing: boolean
  readonly rowCount: number
  /** Threads that look at its columns where that is more than a moment's work. */
  readonly pool: WorkerPool
  /** A bit for every row that is not deleted; null: none is. */
  readonly alive: Uint8Array | null
  /** The rows' column of a field; a field younger than the segment gives its default or null. */
  column(field: Field): Promise<Column>
  /** A bit for every row that has a value of the field; null: all have. */
  validity(field: Field): Promise<Uint8Array | null>
  /** Row offsets in ascending order of primary key; null: the rows lie in that order. */
  pkOrder(): Promise<Uint32Array | null>
  /** Where the vectors of a loaded segment lie. Together they cover all rows, in order, or none. */
  vectorParts(field: Field): readonly VectorPart[]
  /** Where they lie when there are no parts; null: in memory, or the segment has none of the field. */
  vectorFile(field: Field): RowFile | null
  /** The indexes that are built over values of these fields, and paths in them. */
  scalarIndexes(fieldIds: readonly number[]): Promise<readonly ScalarIndex[]>
  /** Those over the boxes of these fields. */
  spatialIndexes(fieldIds: readonly number[]): Promise<readonly SpatialIndex[]>
  /** An index over the vectors, in their memory; null: none is there yet, or none is worth it. */
  vectorIndex(field: Field): SegmentIndex | null
}
