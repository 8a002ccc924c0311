import type { IndexFamily } from '../index-family.js'
import { buildIvf } from './build-ivf.js'
/** Inverted files: rows in lists around centroids, of which a search looks into the nearest. */ import { isCurrentHead } from './ivf-layout.js'
import { ivfScratchBytes, searchIvf } from './search-ivf.js'

export const ivf: IndexFamily = {
  name: 'ivf',
  isCurrent: isCurrentHead,
  searchesVectors: () => true,
  build: buildIvf,
  scratchBytes: ivfScratchBytes,
  search: searchIvf,
}
