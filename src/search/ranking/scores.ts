import { isLargerNearer, type Metric } from '../../schema/metric.js'
import type { Hit } from '../vector-search.js'

/** What users see: a distance for L2 and its kin, a similarity for IP and COSINE. */
export function scoresOf(hits: readonly Hit[], metric: Metric, roundDecimal: number): Float32Array {
  const scores = new Float32Array(hits.length)
  for (let index = 0; index < hits.length; index++) {
    scores[index] = scoreOf(hits[index].distance, metric)
  }
  return roundDecimal < 0 ? scores : scores.map((score) => rounded(score, roundDecimal))
}

export function scoreOf(distance: number, metric: Metric): number {
  return isLargerNearer(metric) ? 0 - distance : distance
}

export function rounded(score: number, decimals: number): number {
  const scale = 10 ** decimals
  return Math.floor(score * scale + 0.5) / scale
}
