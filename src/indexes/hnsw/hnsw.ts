import type { IndexFamily } from '../index-family.js'
import { buildGraph } from './build-graph.js'
import { searchBytesOf } from './graph-query.js'
import { keepsRows } from './graph-shape.js'
import { searchGraph } from './search-graph.js'

/**
 * Graphs of near neighbors on several levels, built and walked by small codes of the vectors. Serves HNSW,
 * HNSW_SQ, HNSW_PQ, HNSW_PRQ, DISKANN and AUTOINDEX.
 */
export const hnsw: IndexFamily = {
  name: 'hnsw',
  isCurrent: (head) => head.getUint32(0, true) === magic && head.getUint32(4, true) === version,
  searchesVectors: keepsRows,
  build: buildGraph,
  scratchBytes: searchBytesOf,
  search: searchGraph,
}

/** As in kernels/assembly/hnsw-layout.ts: "HNSW". */
const magic = 0x57534e48
const version = 2
