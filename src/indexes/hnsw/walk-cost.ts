/** Candidates of a walk, as a request says, or as many as a good answer needs. */
export function efOf(params: Readonly<Record<string, number>>, k: number): number {
  const byLevel = Math.ceil(Math.max(efDefault, 2 * k) * 2 ** (((params.level ?? 1) - 1) / 2))
  return Math.max(params.ef ?? params.search_list ?? byLevel, k)
}

const efDefault = 96

/**
 * What a walk costs, in rows of a scan.
 * @param share of the rows, that may be found
 */
export function walkCost(ef: number, share: number): number {
  if (share < sparseShare) return Number.POSITIVE_INFINITY
  return walksPlain(ef, share) ? plainCost(ef / share) : crossingCost(ef)
}

/**
 * Whether a walk over masked rows as over any others is better than one that crosses them: it is where they
 * are not too many, or its list does not become long.
 */
export function walksPlain(ef: number, share: number): boolean {
  return share >= denseShare || (share >= sparseShare && ef / share <= plainPlacesMax)
}

/** The list is sorted, so that a place in a long one costs more. */
function plainCost(places: number): number {
  return places * (rowsForPlace + places / 100)
}

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

const denseShare = 0.3
/** Below it no walk is as good as a scan. */
export const sparseShare = 0.05
export const plainPlacesMax = 600
const rowsForPlace = 8
const rowsForCrossing = 100
