import type { IndexSpec } from '../index-family.js'

/**
 * The scalar type of a graph's codes, as `sq_type` names them. Product codes are served by the smallest scalar codes
 * that have as many bits, so that nothing is lost of what they would tell; null: the index does not say.
 */
export function scalarTypeOf({ indexType, params }: IndexSpec, dim: number): string | null {
  if (indexType !== 'HNSW_PQ' && indexType !== 'HNSW_PRQ') {
    return params.sq_type === undefined ? null : String(params.sq_type).toUpperCase()
  }
  const bits = Number(params.m) * Number(params.nbits) * Number(params.nrq ?? 1)
  const perComponent = bits / dim
  if (perComponent <= 4) return 'SQ4U'
  return perComponent <= 6 ? 'SQ6' : 'SQ8'
}
