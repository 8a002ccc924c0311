import { describe, expect, it } from 'vitest'
import type { Metric } from '../../dist/schema/metric.js'
import { fuseLists } from '../../dist/search/ranking/hybrid-rank.js'

function listOf(metric: Metric, ...hits: [pk: bigint, distance: number][]) {
  return {
    metric,
    hits: hits.map(([pk, distance]) => ({ viewIndex: 0, rowOffset: Number(pk), pk, distance })),
  }
}

function plain(fused: ReturnType<typeof fuseLists>) {
  return fused.map(({ pk, score }) => [pk, score])
}

describe('the rank of a hybrid search', () => {
  const first = listOf('L2', [1n, 0], [2n, 1])
  const second = listOf('IP', [2n, -3], [3n, -2], [1n, 1])

  it('by reciprocal ranks adds up places, ties by key', () => {
    const fused = fuseLists([first, second], { strategy: 'rrf', k: 1 })
    expect(plain(fused)).toEqual([
      [2n, Math.fround(Math.fround(1 / 3) + 1 / 2)],
      [1n, 0.75],
      [3n, Math.fround(1 / 3)],
    ])
    const tied = fuseLists([listOf('L2', [9n, 0]), listOf('L2', [4n, 7])], {
      strategy: 'rrf',
      k: 60,
    })
    expect(tied.map(({ pk }) => pk)).toEqual([4n, 9n])
  })

  it('by weights brings scores between 0 and 1 first', () => {
    const ranker = { strategy: 'weighted', weights: [1, 0.5], normScore: true } as const
    const fused = fuseLists([first, second], ranker)
    const ofIp = (score: number) => 0.5 * (0.5 + Math.atan(score) / Math.PI)
    const scores = new Map(fused.map(({ pk, score }) => [pk, score]))
    expect(scores.get(1n)).toBeCloseTo(1 + ofIp(-1), 6)
    expect(scores.get(2n)).toBeCloseTo(0.5 + ofIp(3), 6)
    expect(scores.get(3n)).toBeCloseTo(ofIp(2), 6)
  })

  it('by weights alone adds up what there is, the smaller first where all are distances', () => {
    const ranker = { strategy: 'weighted', weights: [1, 1], normScore: false } as const
    const distances = [first, listOf('L2', [1n, 2], [3n, 0.5])]
    expect(plain(fuseLists(distances, ranker))).toEqual([
      [3n, 0.5],
      [2n, 1],
      [1n, 2],
    ])
    const similarities = [listOf('IP', [1n, -5], [2n, -1]), second]
    expect(plain(fuseLists(similarities, ranker))).toEqual([
      [1n, 4],
      [2n, 4],
      [3n, 2],
    ])
  })
})
