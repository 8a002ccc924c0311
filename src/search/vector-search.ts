import { type Column, layoutOf } from '../column/column.js'
import { MillraceError } from '../errors.js'
import type { BoundExpr } from '../expr/bound-expr.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import { type CollectionSchema, primaryKeyOf } from '../schema/collection-schema.js'
import { dataTypeName, isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { Metric } from '../schema/metric.js'
import { comparePks, pkAt } from '../segment/pk-order.js'
import type { PrimaryKey } from '../segment/segment-file.js'
import type { WorkerPool } from '../workers/worker-job.js'
import { filterMask } from './filter.js'
import { nearest } from './nearest.js'
import type { Neighbors } from './nearest-query.js'
import type { RowRef } from './row-ref.js'
import type { QueryVectors } from './search-request.js'
import type { SegmentView } from './segment-view.js'

/** A row that was found. Smaller distances are nearer, whatever the metric. */
export interface Hit extends RowRef {
  readonly distance: number
  readonly pk: PrimaryKey
}

interface VectorSearch {
  readonly schema: CollectionSchema
  readonly field: Field
  readonly metric: Metric
  readonly queries: QueryVectors
  readonly filter: BoundExpr | null
  /** Hits of each query that are given, after `offset` nearer ones. */
  readonly topK: number
  readonly offset: number
  readonly signal?: AbortSignal
}

/**
 * The nearest rows of each query, nearest first, ties by primary key. Of rows that share a key the nearest
 * is given, as a real Milvus does: where others took places, more are looked for.
 */
export async function searchVectors(
  pool: WorkerPool,
  memory: VectorMemory,
  views: readonly SegmentView[],
  search: VectorSearch,
): Promise<Hit[][]> {
  const { field, metric, queries, topK, offset, signal } = search
  const vectors = await Promise.all(views.map((view) => searchedVectors(view, search)))
  const keys = await Promise.all(views.map((view) => view.column(primaryKeyOf(search.schema))))
  const wanted = topK + offset
  const query = { dataType: field.dataType, dim: field.dim, metric, nq: queries.nq, signal }
  for (let k = wanted; ; k *= 2) {
    const neighbors = await nearest(pool, memory, vectors, { ...query, bytes: queries.bytes, k })
    const hits = neighbors.map((each) => hitsOf(each, keys))
    if (hits.every((each, index) => each.length >= wanted || neighbors[index].rows.length < k)) {
      return hits.map((each) => each.slice(offset, wanted))
    }
  }
}

/** @throws parameterInvalid when the queries do not fit the field */
export function checkQueries(field: Field, { dataType, nq, bytes }: QueryVectors): void {
  if (!isDenseVectorType(field.dataType)) {
    throw new MillraceError(
      'unsupported',
      `search over a ${dataTypeName(field.dataType)} field is not supported by millrace: field "${field.name}"`,
    )
  }
  if (dataType !== field.dataType) {
    throw new MillraceError(
      'parameterInvalid',
      `vector type must be the same, field ${field.name} - type ${dataTypeName(field.dataType)}, search info type ${dataTypeName(dataType)}: invalid parameter`,
    )
  }
  const expectedBytes = nq * bytesPerVector(field)
  if (bytes.byteLength === expectedBytes) return
  throw new MillraceError(
    'parameterInvalid',
    `vector dimension mismatch, expected vector size(byte) ${bytesPerVector(field)}, actual ${bytes.byteLength / nq}: field ${field.name}: invalid parameter`,
  )
}

async function searchedVectors(view: SegmentView, { field, filter }: VectorSearch) {
  const mask = await filterMask(view, filter)
  return { rowCount: view.rowCount, parts: view.vectorParts(field), mask }
}

function hitsOf({ distances, segments, rows }: Neighbors, keys: readonly Column[]): Hit[] {
  const hits: Hit[] = []
  const seen = new Set<PrimaryKey>()
  for (let index = 0; index < rows.length; index++) {
    const pk = pkAt(keys[segments[index]], rows[index])
    if (seen.has(pk)) continue
    seen.add(pk)
    hits.push({
      viewIndex: segments[index],
      rowOffset: rows[index],
      distance: distances[index],
      pk,
    })
  }
  return hits.sort(byDistanceThenKey)
}

function byDistanceThenKey(left: Hit, right: Hit): number {
  if (left.distance !== right.distance) return left.distance - right.distance
  return comparePks(left.pk, right.pk)
}

function bytesPerVector(field: Field): number {
  const layout = layoutOf(field)
  return layout.shape === 'fixed' ? layout.width * layout.valuesType.BYTES_PER_ELEMENT : 0
}
