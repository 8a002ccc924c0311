import type { IndexFamily } from '../index-family.js'
import { buildGraph } from './build-graph.js'
import { searchBytesOf } from './graph-query.js'
import { keepsRows } from './graph-shape.js'
import { searchGraph } from './search-graph.js'

/**
 * Graphs of near neighbors on several levels, built and walked by small codes of the vectors. Serves HNSW,
 * HNSW_SQ, DISKANN and AUTOINDEX.
 */
export const hnsw: IndexFamily = {
  name: 'hnsw',
  searchesVectors: keepsRows,
  build: buildGraph,
  scratchBytes: searchBytesOf,
  search: searchGraph,
}
