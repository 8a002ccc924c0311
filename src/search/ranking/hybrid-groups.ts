import type { Column } from '../../column/column.js'
import type { GroupScorer } from '../search-request.js'
import { type GroupValue, groupValueOf } from './group-values.js'
import type { RankedHit } from './hybrid-rank.js'

interface RankedGroups {
  /** Each segment's columns of the fields that group. */
  readonly columns: readonly (readonly Column[])[]
  readonly size: number
  readonly scorer: GroupScorer
  readonly isSmallerBetter: boolean
}

/** The groups of rows that are ranked, best first: groups by their score, the rows of each by theirs. */
export function rankGroups(
  hits: readonly RankedHit[],
  { columns, size, scorer, isSmallerBetter }: RankedGroups,
): RankedHit[][] {
  const groups = new Map<GroupValue, RankedHit[]>()
  for (const hit of hits) {
    const value = groupValueOf(columns[hit.viewIndex], hit.rowOffset)
    const group = groups.get(value)
    if (!group) groups.set(value, [hit])
    else if (group.length < size) group.push(hit)
  }
  const scored = Array.from(groups.values(), (group) => ({ group, score: scorers[scorer](group) }))
  const sign = isSmallerBetter ? 1 : -1
  scored.sort((left, right) => sign * (left.score - right.score))
  return scored.map(({ group }) => group)
}

/** The first row of a group is its best one. */
const scorers: Record<GroupScorer, (group: readonly RankedHit[]) => number> = {
  max: ([best]) => best.score,
  sum: sumOf,
  avg: (group) => sumOf(group) / group.length,
}

function sumOf(group: readonly RankedHit[]): number {
  return group.reduce((sum, { score }) => sum + score, 0)
}
