import type { LoadProgress } from '../../storage/sealed-segments.js'
import type { LoadState } from '../engine.js'

interface Loading {
  readonly loadedIds: ReadonlySet<bigint>
  readonly loadingIds: ReadonlySet<bigint>
  /** null: the collection as a whole. */
  readonly askedIds: readonly bigint[] | null
  readonly progressOf: (partitionIds: readonly bigint[]) => LoadProgress
}

/** Of a collection what is loaded and is being loaded counts, of partitions that are asked about each. */
export function loadStateOf({ loadedIds, loadingIds, askedIds, progressOf }: Loading): {
  readonly state: LoadState
  readonly percent: number
} {
  const wanted = askedIds ?? [...new Set([...loadedIds, ...loadingIds])]
  const isWanted = (id: bigint) => loadedIds.has(id) || loadingIds.has(id)
  if (wanted.length === 0 || !wanted.every(isWanted)) return { state: 'released', percent: 0 }
  if (wanted.every((id) => loadedIds.has(id))) return { state: 'loaded', percent: 100 }
  const { readyRows, rowCount } = progressOf(wanted)
  const percent = rowCount === 0 ? 0 : Math.floor((readyRows / rowCount) * 100)
  // Clients take 100 for ready, which is not said before it is.
  return { state: 'loading', percent: Math.min(percent, 99) }
}
