import { countBits, hasBit } from '../../column/bitmap.js'
import { MillraceError } from '../../errors.js'
import type { BoundExpr } from '../../expr/bound-expr.js'
import { type CollectionSchema, primaryKeyOf } from '../../schema/collection-schema.js'
import { Breath } from '../../util/breath.js'
import { filterMask } from '../filter/filter.js'
import type { RowRef } from '../row-ref.js'
import type { SegmentView } from '../segment-view.js'
import { type KeyCursor, keyCursorOf } from './key-cursor.js'

interface RowSelection {
  /** null: all rows. */
  readonly limit: number | null
  readonly offset: number
  readonly signal?: AbortSignal
}

/**
 * The rows that pass, in ascending order of primary key, one for each key: of duplicates the one in the
 * newest segment, and there the last. The segments' own key orders are merged only as far as the limit.
 */
export async function selectRows(
  views: readonly SegmentView[],
  bound: BoundExpr | null,
  schema: CollectionSchema,
  { limit, offset, signal }: RowSelection,
): Promise<RowRef[]> {
  const end = limit === null ? Number.POSITIVE_INFINITY : offset + limit
  if (limit === 0) return []
  const heap = await openCursors(views, bound, schema, signal)
  const rows: RowRef[] = []
  const breath = new Breath()
  for (let taken = 0; taken < end && heap.length > 0; taken++) {
    if (taken % rowsOfLook === 0 && breath.isDue) {
      await breath.take()
      throwIfCancelled(signal)
    }
    const row = takeKey(heap)
    if (taken >= offset) rows.push(row)
  }
  return rows
}

/** The clock is looked at now and then. */
const rowsOfLook = 1024

/** All rows that pass, duplicates too. */
export async function countRows(
  views: readonly SegmentView[],
  bound: BoundExpr | null,
  signal?: AbortSignal,
): Promise<number> {
  let count = 0
  for (const view of views) {
    throwIfCancelled(signal)
    const mask = await filterMask(view, bound, signal)
    count += mask === null ? view.rowCount : countBits(mask, view.rowCount)
  }
  return count
}

/** All rows that pass, duplicates too, as they lie. */
export async function passingRows(
  views: readonly SegmentView[],
  bound: BoundExpr | null,
  signal?: AbortSignal,
): Promise<RowRef[]> {
  const rows: RowRef[] = []
  const breath = new Breath()
  for (const [viewIndex, view] of views.entries()) {
    throwIfCancelled(signal)
    const mask = await filterMask(view, bound)
    for (let rowOffset = 0; rowOffset < view.rowCount; rowOffset++) {
      if (rowOffset % rowsOfLook === 0 && breath.isDue) await breath.take()
      if (mask === null || hasBit(mask, rowOffset)) rows.push({ viewIndex, rowOffset })
    }
  }
  return rows
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MillraceError('cancelled', 'query: cancelled by the caller')
}

/** A heap with the cursor at its root that is before all others; exhausted cursors are not in it. */
async function openCursors(
  views: readonly SegmentView[],
  bound: BoundExpr | null,
  schema: CollectionSchema,
  signal: AbortSignal | undefined,
): Promise<KeyCursor[]> {
  const pkField = primaryKeyOf(schema)
  const heap: KeyCursor[] = []
  for (const [viewIndex, view] of views.entries()) {
    throwIfCancelled(signal)
    const mask = await filterMask(view, bound, signal)
    const cursor = await keyCursorOf(viewIndex, view, await view.column(pkField), mask)
    if (cursor.nextKey()) heap.push(cursor)
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) siftDown(heap, at)
  return heap
}

/** Takes the smallest key, and moves every cursor that stands at it. */
function takeKey(heap: KeyCursor[]): RowRef {
  const winner = heap[0]
  const { viewIndex, rowOffset } = winner
  do moveRoot(heap)
  while (heap.length > 0 && heap[0].isAtKeyOf(winner, rowOffset))
  return { viewIndex, rowOffset }
}

function moveRoot(heap: KeyCursor[]): void {
  if (!heap[0].nextKey()) {
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
  }
  siftDown(heap, 0)
}

function siftDown(heap: KeyCursor[], from: number): void {
  let at = from
  for (;;) {
    let first = at
    for (let child = 2 * at + 1; child <= 2 * at + 2 && child < heap.length; child++) {
      if (heap[child].isBefore(heap[first])) first = child
    }
    if (first === at) return
    const moved = heap[at]
    heap[at] = heap[first]
    heap[first] = moved
    at = first
  }
}
