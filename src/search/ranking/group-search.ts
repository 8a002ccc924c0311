import { bitmapWithLength, clearBit } from '../../column/bitmap.js'
import type { Column } from '../../column/column.js'
import type { PrimaryKey } from '../../segment/segment-file.js'
import type { QueryVectors } from '../search-request.js'
import {
  type Found,
  type Hit,
  type Searched,
  searchVectors,
  type VectorSearch,
} from '../vector-search.js'
import { type GroupValue, groupValueOf } from './group-values.js'

/** How many groups are wanted, and how many rows of each. */
interface GroupWindow {
  readonly topK: number
  readonly offset: number
  readonly size: number
}

/**
 * The nearest rows of the nearest groups of each query, groups in the order of their nearest row.
 * `groupColumns` are each segment's columns of the fields that group.
 */
export async function searchGroups(
  searched: Searched,
  search: VectorSearch,
  groupColumns: readonly (readonly Column[])[],
  window: GroupWindow,
): Promise<Hit[][][]> {
  const wanted = (window.topK + window.offset) * window.size
  const found = await searchVectors(searched, search, wanted)
  const answers: Hit[][][] = []
  for (const [index, first] of found.entries()) {
    const groups = new Groups(groupColumns, window)
    groups.add(first.hits)
    if (!first.isAll) {
      const queries = queryAt(search.queries, index)
      await fillGroups(searched, { ...search, queries }, groups, wanted)
    }
    answers.push(groups.nearest())
  }
  return answers
}

/** Looks for more rows, each time without those of groups that need no more. */
async function fillGroups(
  searched: Searched,
  search: VectorSearch,
  groups: Groups,
  wanted: number,
): Promise<void> {
  while (!groups.areFull) {
    const vectors = searched.vectors.map(({ mask, ...segment }, viewIndex) => ({
      ...segment,
      mask: groups.openRows(viewIndex, segment.rowCount, mask),
    }))
    const [found] = (await searchVectors({ ...searched, vectors }, search, wanted)) as [Found]
    groups.add(found.hits)
    if (found.isAll) return
  }
}

/** The groups found so far, in the order of their nearest row. */
class Groups {
  readonly #columns: readonly (readonly Column[])[]
  readonly #window: GroupWindow
  readonly #groups = new Map<GroupValue, Hit[]>()
  readonly #seen = new Set<PrimaryKey>()

  constructor(columns: readonly (readonly Column[])[], window: GroupWindow) {
    this.#columns = columns
    this.#window = window
  }

  /** Whether no row could change what is wanted. */
  get areFull(): boolean {
    const { size } = this.#window
    return this.#isComplete && [...this.#groups.values()].every(({ length }) => length === size)
  }

  /** Takes rows that are no nearer than those it has, nearest first. */
  add(hits: readonly Hit[]): void {
    for (const hit of hits) {
      if (this.#seen.has(hit.pk)) continue
      const value = groupValueOf(this.#columns[hit.viewIndex], hit.rowOffset)
      if (!this.#isOpen(value)) continue
      this.#seen.add(hit.pk)
      const group = this.#groups.get(value)
      if (group) group.push(hit)
      else this.#groups.set(value, [hit])
    }
  }

  /** The rows of a segment that may still be wanted and are not here yet. */
  openRows(viewIndex: number, rowCount: number, mask: Uint8Array | null): Uint8Array {
    const open = mask === null ? bitmapWithLength(rowCount, true) : mask.slice()
    const columns = this.#columns[viewIndex]
    for (let row = 0; row < rowCount; row++) {
      if (!this.#isOpen(groupValueOf(columns, row))) clearBit(open, row)
    }
    for (const hit of [...this.#groups.values()].flat()) {
      if (hit.viewIndex === viewIndex) clearBit(open, hit.rowOffset)
    }
    return open
  }

  nearest(): Hit[][] {
    return [...this.#groups.values()].slice(this.#window.offset)
  }

  get #isComplete(): boolean {
    return this.#groups.size === this.#window.topK + this.#window.offset
  }

  #isOpen(value: GroupValue): boolean {
    const group = this.#groups.get(value)
    return group ? group.length < this.#window.size : !this.#isComplete
  }
}

function queryAt(queries: QueryVectors, index: number): QueryVectors {
  const { nq, bytes, offsets } = queries
  if (offsets) {
    const query = bytes.subarray(offsets[index], offsets[index + 1])
    return { ...queries, nq: 1, bytes: query, offsets: Int32Array.of(0, query.length) }
  }
  const length = bytes.byteLength / nq
  return { ...queries, nq: 1, bytes: bytes.subarray(index * length, (index + 1) * length) }
}
