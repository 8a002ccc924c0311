import { hammingDistance, jaccardDistance, subsetDistance } from './binary-distances'
import { cosineDistance, dotProduct, squaredDistance } from './float-distances'
import { COSINE, HAMMING, IP, JACCARD, L2, SUBSTRUCTURE } from './shape'

/** A distance exactly as it is reported: the tiles only find out which rows are worth it. */
export function distance(
  metric: u32, width: u32, query: usize, querySquared: f32, row: usize,
): f32 {
  if (metric == L2) return squaredDistance(query, row, width)
  if (metric == IP) return -dotProduct(query, row, width)
  if (metric == COSINE) return cosineDistance(query, row, width, querySquared)
  if (metric == HAMMING) return hammingDistance(query, row, width)
  if (metric == JACCARD) return jaccardDistance(query, row, width)
  if (metric == SUBSTRUCTURE) return subsetDistance(query, row, width)
  return subsetDistance(row, query, width)
}
