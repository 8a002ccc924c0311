import { hasCoarseCodes } from './hnsw/graph-shape.js'
import { codeScanCost, efOf, scannedCandidates, walkCost } from './hnsw/walk-cost.js'
import type { IndexedVectors, IndexSpec } from './index-family.js'
import { indexTypes } from './index-types.js'

/** What a code costs in an inverted file, measured in rows. */
const codeCosts: Readonly<Record<string, number>> = {
  IVF_SQ8: 0.5,
  IVF_RABITQ: 0.2,
  IVF_PQ: 0.3,
  SCANN: 0.3,
}

/**
 * What a search by an index costs, in rows of a scan: a rough measure, to choose between the two.
 * @param share of the rows, that may be found
 * @param k rows that are asked for
 * @param isApart the rows are not in memory, so that codes are looked at where a walk does not pay
 */
export function searchCost(
  spec: IndexSpec,
  params: Readonly<Record<string, number>>,
  vectors: Pick<IndexedVectors, 'rowCount' | 'dataType' | 'dim'>,
  share: number,
  k: number,
  isApart: boolean,
): number {
  const { indexType, params: built } = spec
  const { rowCount } = vectors
  if (indexTypes[indexType].family !== 'ivf') {
    const ef = efOf(params, k)
    const cost = walkCost(ef, share)
    if (!isApart && !hasCoarseCodes(spec, vectors)) return cost
    const candidateCount = isApart ? 0 : Math.max(ef, scannedCandidates(k))
    return Math.min(cost, codeScanCost(rowCount, share, candidateCount))
  }
  const probed = Math.min(1, params.nprobe / Number(built.nlist))
  return (Number(built.nlist) + rowCount * probed * (codeCosts[indexType] ?? 1)) / share
}
