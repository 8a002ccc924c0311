import { flatParams, type IndexParams } from './index-spec.js'

/**
 * How an index is served where it is not what its parameters say; null: it is. Answers are no worse for it,
 * only what lies where is another.
 */
export function servedAs(params: IndexParams): string | null {
  const values = flatParams(params)
  switch (values.get('index_type')?.toUpperCase()) {
    case 'DISKANN':
      return 'a graph with small codes in memory, the vectors on disk'
    case 'HNSW_PQ':
    case 'HNSW_PRQ':
      return 'a graph with scalar codes of 4, 6 or 8 bits in memory, the vectors on disk'
    case 'IVF_SQ8':
      return isOther(values, 'sq_type', 'SQ8') ? 'an inverted file with codes of 8 bits' : null
    case 'IVF_RABITQ':
      return isOther(values, 'rbq_bits', '1') ? 'an inverted file with codes of 1 bit' : null
    default:
      return null
  }
}

function isOther(values: Map<string, string>, name: string, served: string): boolean {
  const value = values.get(name)
  return value !== undefined && value !== 'None' && value.toUpperCase() !== served
}
