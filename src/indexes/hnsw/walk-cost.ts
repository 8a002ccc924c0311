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

/** What a look at the codes of all rows that may be found costs, in rows of a scan. */
export function codeScanCost(rowCount: number, share: number): number {
  return rowCount * (costPerNode + costPerCode * share)
}

/** To ask of a node whether it may be found, and to measure its code. */
const costPerNode = 0.06
const costPerCode = 0.5

const denseShare = 0.3
/** Below it no walk is as good as a scan. */
export const sparseShare = 0.05
export const plainPlacesMax = 600
const rowsForPlace = 10
const rowsForCrossing = 100
