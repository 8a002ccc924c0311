import { invalidParameter } from '../schema/invalid-parameter.js'
import { isLargerNearer, isPartMetric, type Metric } from '../schema/metric.js'

/** The distances that a search may find, in the kernels' sign: `near` counts, `far` does not. */
export interface SearchRange {
  readonly near: number
  readonly far: number
}

const wholeRange: SearchRange = { near: -Infinity, far: Infinity }

/**
 * What `radius` and `range_filter` mean. L2 and its kin: range_filter ≤ distance < radius. IP and COSINE:
 * radius < similarity ≤ range_filter. Both are float32, as distances are. Milvus: a range_filter without a
 * radius is passed over.
 * @throws parameterInvalid
 */
export function searchRangeFrom(
  params: Readonly<Record<string, unknown>>,
  metric: Metric,
): SearchRange {
  const radius = numberFrom(params, 'radius')
  if (radius === null) return wholeRange
  if (isPartMetric(metric)) {
    throw invalidParameter(`failed to range search: invalid metric type: ${metric}`)
  }
  const rangeFilter = numberFrom(params, 'range_filter')
  const isSimilarity = isLargerNearer(metric)
  if (rangeFilter !== null) checkOrder(radius, rangeFilter, isSimilarity)
  if (isSimilarity) return { near: -(rangeFilter ?? Infinity), far: -radius }
  return { near: rangeFilter ?? -Infinity, far: radius }
}

function numberFrom(params: Readonly<Record<string, unknown>>, key: string): number | null {
  const value = params[key]
  if (value === undefined || value === null) return null
  if (typeof value === 'number') return Math.fround(value)
  throw invalidParameter(`${key}: expected a number, got ${JSON.stringify(value)}`)
}

function checkOrder(radius: number, rangeFilter: number, isSimilarity: boolean): void {
  if (isSimilarity ? rangeFilter > radius : rangeFilter < radius) return
  const rule = isSimilarity
    ? 'range_filter must be greater than radius for IP/COSINE'
    : 'range_filter must be less than radius for L2/HAMMING/JACCARD'
  throw invalidParameter(`${rule}, got radius ${radius} and range_filter ${rangeFilter}`)
}
