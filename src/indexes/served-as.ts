import { flatParams, type IndexParams } from './index-spec.js'

/**
 * How an index is served where it is not what its parameters say; null: it is. Answers are no worse for it,
 * only what lies where is another.
 */
export function servedAs(params: IndexParams): string | null {
  const indexType = flatParams(params).get('index_type')?.toUpperCase()
  return indexType === 'DISKANN' ? 'a graph with small codes in memory, the vectors on disk' : null
}
