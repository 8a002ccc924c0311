/** Candidates of a walk, as a request says, or as many as a good answer needs. */
export function efOf(params: Readonly<Record<string, number>>, k: number): number {
  const byLevel = Math.ceil(Math.max(efDefault, 2 * k) * 2 ** (((params.level ?? 1) - 1) / 2))
  return Math.max(params.ef ?? params.search_list ?? byLevel, k)
}

const efDefault = 96

/**
 * What a walk over masked rows as over any others costs, in rows of a scan. Below `sparseShare` none is as good as a
 * scan.
 * @param share of the rows, that may be found
 */
export function walkCost(ef: number, share: number): number {
  if (share < sparseShare) return Number.POSITIVE_INFINITY
  const places = ef / share
  // The list is sorted, so that a place in a long one costs more.
  return places * (rowsForPlace + places / 200)
}

/** What a walk costs that crosses masked rows, which finds what lies elsewhere, and else less for more. */
export function crossingCost(ef: number): number {
  return ef * rowsForCrossing
}

/**
 * What a look at the codes of all rows that may be found costs, in rows of a scan.
 * @param candidateCount of those, whose rows are looked at
 */
export function codeScanCost(rowCount: number, share: number, candidateCount: number): number {
  return rowCount * (costPerNode + costPerCode * share) + candidateCount * costPerCandidate
}

/** To ask of a node whether it may be found, to measure its code, and to keep it and look at its row. */
const costPerNode = 0.015
const costPerCode = 0.2
const costPerCandidate = 8

/**
 * Rows that a look at codes lets decide: what a filter leaves may be about equally near, and codes of few bits tell
 * that apart less well.
 */
export function scannedCandidates(k: number): number {
  return 4 * k + 100
}

/** What a scan of rows that may be found costs for each of some queries: it fetches a row once for all of them. */
export function rowScanCost(findableCount: number, nq: number): number {
  return findableCount * (costToFetch / nq + (1 - costToFetch))
}

const costToFetch = 0.87

export const sparseShare = 0.05
const rowsForPlace = 8
const rowsForCrossing = 100
