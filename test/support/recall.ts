import type { Metric } from '../../dist/schema/metric.js'
import type { Neighbor, TestSearch } from '../indexes/searched-index.js'
import type { TestVectors } from '../indexes/vectors.js'
import { nearestRows } from '../kernels/reference.js'

/** What a search is to find, by looking at every row. */
export function expected(vectors: TestVectors, metric: Metric, search: TestSearch): Neighbor[][] {
  const { width, values, rowCount } = vectors
  const { queries, k, mask = null, near = -Infinity } = search
  return Array.from({ length: queries.length / width }, (_, at) => {
    const query = queries.subarray(at * width, (at + 1) * width)
    const rows = nearestRows(metric, width, values, rowCount, mask, query, rowCount)
    return rows.filter(({ distance }) => distance >= near).slice(0, k)
  })
}

/** The share that was found of what was to be found; a row as near as the last one is as good. */
export function recall(found: Neighbor[][], truth: Neighbor[][]): number {
  let hits = 0
  let count = 0
  for (const [query, neighbors] of truth.entries()) {
    const farthest = neighbors.at(-1)?.distance ?? 0
    const limit = farthest + Math.abs(farthest) * 1e-5
    hits += found[query].filter(({ distance }) => distance <= limit).length
    count += neighbors.length
  }
  return count === 0 ? 1 : Math.min(hits, count) / count
}

/** The same of rows: distances of codes cannot be compared. */
export function rowRecall(found: Neighbor[][], truth: Neighbor[][]): number {
  let hits = 0
  for (const [query, neighbors] of truth.entries()) {
    const rows = new Set(neighbors.map(({ row }) => row))
    hits += found[query].filter(({ row }) => rows.has(row)).length
  }
  return hits / truth.flat().length
}
