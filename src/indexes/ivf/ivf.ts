import type { IndexFamily } from '../index-family.js'
import { buildIvf } from './build-ivf.js'
import { isCurrentFile } from './ivf-layout.js'
import { ivfShape } from './ivf-shape.js'
import { keepsRows } from './keeps-rows.js'
import { ivfScratchBytes, searchIvf } from './search-ivf.js'

/** Inverted files: rows in lists around centroids, of which a search looks into the nearest. */
export const ivf: IndexFamily = {
  name: 'ivf',
  isCurrent: (file, spec, vectors) => isCurrentFile(file, ivfShape(spec, vectors)),
  searchesVectors: keepsRows,
  build: buildIvf,
  scratchBytes: ivfScratchBytes,
  search: searchIvf,
}
