import type { BytesColumn, Column, ListColumn } from '../column/column.js'
import type { BoundExpr } from '../expr/bound-expr.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import { type CollectionSchema, primaryKeyOf } from '../schema/collection-schema.js'
import { DataType, isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { Metric } from '../schema/metric.js'
import { comparePks, pkAt } from '../segment/pk-order.js'
import type { PrimaryKey } from '../segment/segment-file.js'
import { inTurns } from '../util/breath.js'
import type { WorkerPool } from '../workers/worker-job.js'
import { elementFilterOf, elementMaskOf } from './filter/element-filter.js'
import { filterMask } from './filter/filter.js'
import { nearest } from './nearest/nearest.js'
import { nearestLists } from './nearest/nearest-lists.js'
import type { IndexToSearch, Neighbors, SegmentVectors } from './nearest/nearest-query.js'
import { nearestSparse } from './nearest/nearest-sparse.js'
import type { RowRef } from './row-ref.js'
import type { SearchRange } from './search-range.js'
import type { QueryVectors } from './search-request.js'
import type { SegmentView } from './segment-view.js'

/** A row that was found. Smaller distances are nearer, whatever the metric. */
export interface Hit extends RowRef {
  readonly distance: number
  readonly pk: PrimaryKey
  /** Of a search for single elements of lists: which of its row's elements it is. */
  readonly element?: number
}

export interface VectorSearch {
  readonly schema: CollectionSchema
  readonly field: Field
  readonly metric: Metric
  readonly queries: QueryVectors
  readonly range: SearchRange
  /** null: there is none, all rows are looked at. */
  readonly index: IndexToSearch | null
  readonly signal?: AbortSignal
}

/** The rows that a search looks at, and what it needs to look. */
export interface Searched {
  readonly pool: WorkerPool
  readonly memory: VectorMemory
  readonly vectors: readonly SegmentVectors[]
  /** Of a search over what is not in kernel memory, sparse vectors and lists of vectors: each segment's. */
  readonly columns: readonly Column[] | null
  /** Of a search for single elements of lists: those of each segment that may be found; null: all. */
  readonly elementMasks: readonly Uint8Array[] | null
  /** The primary keys of each segment. */
  readonly keys: readonly Column[]
}

/** The rows of some views that pass a filter, ready to be searched. */
export async function openSearched(
  pool: WorkerPool,
  memory: VectorMemory,
  views: readonly SegmentView[],
  { schema, field, queries, signal }: VectorSearch,
  filter: BoundExpr | null,
): Promise<Searched> {
  const isResident = isDenseVectorType(field.dataType)
  const vectors = await Promise.all(
    views.map(async (view) => {
      const mask = await maskOf(view, field, filter, signal)
      if (!isResident) return { rowCount: view.rowCount, parts: [], mask }
      const parts = view.vectorParts(field)
      const [index, file] = [view.vectorIndex(field), view.vectorFile(field)]
      return { rowCount: view.rowCount, parts, mask, index, file }
    }),
  )
  const keys = await Promise.all(views.map((view) => view.column(primaryKeyOf(schema))))
  const columns = isResident ? null : await Promise.all(views.map((view) => view.column(field)))
  const picked = queries.isList ? null : elementFilterOf(filter)
  const elementMasks =
    picked && picked.lists[0].struct?.name === field.struct?.name
      ? await Promise.all(views.map((view) => elementMaskOf(view, picked, signal)))
      : null
  return { pool, memory, vectors, columns, elementMasks, keys }
}

/** Milvus: a row whose vector is null is not searched. */
async function maskOf(
  view: SegmentView,
  field: Field,
  filter: BoundExpr | null,
  signal: AbortSignal | undefined,
) {
  const mask = await filterMask(view, filter, signal)
  const validity = field.nullable ? await view.validity(field) : null
  if (mask === null || validity === null) return mask ?? validity
  return mask.map((byte, at) => byte & validity[at])
}

/** What was found for one query, nearest first, ties by primary key. */
export interface Found {
  readonly hits: readonly Hit[]
  /** Whether these are all there are. */
  readonly isAll: boolean
}

/**
 * The `wanted` nearest rows of each query. Of rows that share a key the nearest is given, as a real Milvus
 * does: where others took places, more are looked for. So are rows as near as the last one, up to a bound,
 * since it is the key that decides between them, and a page goes on where the last one ended.
 */
export async function searchVectors(
  searched: Searched,
  search: VectorSearch,
  wanted: number,
): Promise<Found[]> {
  for (let k = wanted + 1; ; k *= 2) {
    const looks = await searchOnce(searched, search, k)
    if (looks.every((look) => isEnough(look, wanted, k))) {
      return looks.map(({ hits, isAll }) => ({
        hits: hits.slice(0, wanted),
        isAll: isAll && hits.length <= wanted,
      }))
    }
  }
}

/** One look for the k nearest rows. */
interface Look extends Found {
  /** How far the k-th row is. */
  readonly reach: number
}

function isEnough({ hits, isAll, reach }: Look, wanted: number, k: number): boolean {
  if (isAll) return true
  if (hits.length < wanted) return false
  return hits[wanted - 1].distance < reach || k > equalRowsMax + 8 * wanted
}

const equalRowsMax = 1024

/** The k nearest rows of each query, fewer where rows share a key. */
async function searchOnce(searched: Searched, search: VectorSearch, k: number): Promise<Look[]> {
  const { keys } = searched
  const { range } = search
  const neighbors = await nearestRows(searched, search, k)
  return inTurns(neighbors, (each) => {
    const reach = each.rows.length < k ? Infinity : each.distances[k - 1]
    const isAll = each.rows.length < k || reach >= range.far
    return { hits: hitsOf(each, keys, range.far), isAll, reach }
  })
}

async function nearestRows(
  searched: Searched,
  search: VectorSearch,
  k: number,
): Promise<readonly Neighbors[]> {
  const { pool, vectors, columns, elementMasks } = searched
  if (columns === null) return nearestDense(searched, search, k)
  if (search.field.dataType === DataType.SparseFloatVector) {
    return nearestOfSparse(searched, columns as BytesColumn[], search, k)
  }
  const segments = vectors.map(({ rowCount, mask }, index) => ({
    rowCount,
    mask,
    column: columns[index] as ListColumn,
    elementMask: elementMasks?.[index],
  }))
  const { field, metric, queries, range, signal } = search
  return nearestLists(pool, segments, { field, metric, queries, k, near: range.near, signal })
}

function nearestDense(
  { pool, memory, vectors }: Searched,
  { field, metric, queries, range, index, signal }: VectorSearch,
  k: number,
): Promise<Neighbors[]> {
  const { dataType, dim } = field
  const { nq, bytes } = queries
  const query = { dataType, dim, metric, nq, bytes, k, near: range.near, index, signal }
  return nearest(pool, memory, vectors, query)
}

function nearestOfSparse(
  { pool, vectors }: Searched,
  columns: readonly BytesColumn[],
  { queries, range, signal }: VectorSearch,
  k: number,
): Promise<Neighbors[]> {
  const segments = vectors.map(({ rowCount, mask }, index) => ({
    rowCount,
    mask,
    column: columns[index],
  }))
  const { bytes, offsets = Int32Array.of(0, bytes.length) } = queries
  return nearestSparse(pool, segments, { bytes, offsets, k, near: range.near, signal })
}

function hitsOf(
  { distances, segments, rows, elements }: Neighbors,
  keys: readonly Column[],
  far: number,
): Hit[] {
  const hits: Hit[] = []
  let areOrdered = true
  const seen = new Set<string | PrimaryKey>()
  for (let index = 0; index < rows.length && distances[index] < far; index++) {
    const pk = pkAt(keys[segments[index]], rows[index])
    const element = elements?.[index]
    const identity = element === undefined ? pk : `${element} of ${pk}`
    if (seen.has(identity)) continue
    seen.add(identity)
    const distance = distances[index]
    areOrdered &&= hits.length === 0 || hits[hits.length - 1].distance < distance
    hits.push({ viewIndex: segments[index], rowOffset: rows[index], distance, pk, element })
  }
  return areOrdered ? hits : hits.sort(byDistanceThenKey)
}

function byDistanceThenKey(left: Hit, right: Hit): number {
  if (left.distance !== right.distance) return left.distance - right.distance
  return comparePks(left.pk, right.pk) || (left.element ?? 0) - (right.element ?? 0)
}
