import { dimMin } from '../../schema/limits.js'

/** Lists of which fewer have the usual length are no vectors. */
const shareMin = 0.9

/** The length that lists have, all but a few that will be told of as wrong; null where they are no vectors. */
export function dimOf(lengths: readonly number[]): number | null {
  const counts = new Map<number, number>()
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1)
  const [usual] = [...counts].sort(([, one], [, other]) => other - one)
  if (!usual) return null
  const [length, count] = usual
  return length >= dimMin && count >= lengths.length * shareMin ? length : null
}
