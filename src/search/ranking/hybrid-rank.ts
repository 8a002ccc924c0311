import { isLargerNearer, type Metric } from '../../schema/metric.js'
import { comparePks } from '../../segment/pk-order.js'
import type { PrimaryKey } from '../../segment/segment-file.js'
import type { Ranker } from '../search-request.js'
import type { Hit } from '../vector-search.js'
import { scoreOf } from './scores.js'

/** What one of several searches found for a query, nearest first. */
export interface RankedList {
  readonly metric: Metric
  readonly hits: readonly Hit[]
}

/** A row with the score that it has from all searches together. */
export interface RankedHit extends Hit {
  readonly score: number
}

/** The rows of all lists, one for each key, best first, ties by primary key. */
export function fuseLists(lists: readonly RankedList[], ranker: Ranker): RankedHit[] {
  const scores = scorersOf(lists, ranker)
  const fused = new Map<PrimaryKey, { hit: Hit; score: number }>()
  for (const [index, { hits }] of lists.entries()) {
    for (const [rank, hit] of hits.entries()) {
      const score = scores[index](hit.distance, rank + 1)
      const before = fused.get(hit.pk)
      if (before) before.score = Math.fround(before.score + score)
      else fused.set(hit.pk, { hit, score: Math.fround(score) })
    }
  }
  const sign = isSmallerBetter(lists, ranker) ? 1 : -1
  return Array.from(fused.values(), ({ hit, score }) => ({ ...hit, score })).sort(
    (left, right) => sign * (left.score - right.score) || comparePks(left.pk, right.pk),
  )
}

type Scorer = (distance: number, rank: number) => number

function scorersOf(lists: readonly RankedList[], ranker: Ranker): Scorer[] {
  if (ranker.strategy === 'rrf') return lists.map(() => (_, rank) => 1 / (ranker.k + rank))
  const keepsScores = isSmallerBetter(lists, ranker)
  return lists.map(({ metric }, index) => {
    const weight = ranker.weights[index]
    const isRaw = !ranker.normScore && (keepsScores || isLargerNearer(metric))
    if (isRaw) return (distance) => weight * scoreOf(distance, metric)
    return (distance) => weight * normalScore(scoreOf(distance, metric), metric)
  })
}

/** Milvus: distances that nothing normalizes are added up as distances, where there is nothing else. */
export function isSmallerBetter(lists: readonly RankedList[], ranker: Ranker): boolean {
  if (ranker.strategy === 'rrf' || ranker.normScore) return false
  return lists.every(({ metric }) => !isLargerNearer(metric))
}

/** Between 0 and 1, larger is better. */
function normalScore(score: number, metric: Metric): number {
  if (metric === 'COSINE') return (1 + score) * 0.5
  if (metric === 'IP') return 0.5 + Math.atan(score) / Math.PI
  return 1 - (2 * Math.atan(score)) / Math.PI
}
