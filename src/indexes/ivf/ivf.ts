import type { IndexFamily } from '../index-family.js'
import { buildIvf } from './build-ivf.js'
import { ivfScratchBytes, searchIvf } from './search-ivf.js'

/** Inverted files: rows in lists around centroids, of which a search looks into the nearest. */
export const ivf: IndexFamily = {
  name: 'ivf',
  searchesVectors: () => true,
  build: buildIvf,
  scratchBytes: ivfScratchBytes,
  search: searchIvf,
}
