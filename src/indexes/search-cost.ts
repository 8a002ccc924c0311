import type { IndexSpec } from './index-family.js'
import { indexTypes } from './index-types.js'

/** A walk through a graph looks at so many rows for each place of its list, and misses the cache for most. */
const rowsPerPlace = 40
/** What a code costs in an inverted file, measured in rows. */
const codeCosts: Readonly<Record<string, number>> = {
  IVF_SQ8: 0.5,
  IVF_RABITQ: 0.2,
  IVF_PQ: 0.3,
  SCANN: 0.3,
}

/**
 * What a search by an index costs, in rows of a scan: a rough measure, to choose between the two.
 * @param k rows that are asked for
 */
export function searchCost(
  { indexType, params: built }: IndexSpec,
  params: Readonly<Record<string, number>>,
  rowCount: number,
  k: number,
): number {
  if (indexTypes[indexType].family === 'ivf') {
    const share = Math.min(1, params.nprobe / Number(built.nlist))
    return Number(built.nlist) + rowCount * share * (codeCosts[indexType] ?? 1)
  }
  const places = Math.max(k, params.ef ?? 0, params.search_list ?? 0, placesMin)
  return places * rowsPerPlace
}

const placesMin = 32
