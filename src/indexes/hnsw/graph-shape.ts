import { hnswCodeKinds } from '../../kernels/hnsw-kernels.js'
import { DataType } from '../../schema/data-type.js'
import type { IndexedVectors, IndexSpec } from '../index-family.js'

/** What a graph is built as. */
export interface GraphShape {
  /** A number of `hnswCodeKinds`. */
  readonly kind: number
  /** Components of a row, or bytes of a row of bits. */
  readonly width: number
  /** Rows become codes at length 1, whose squared distance orders as the cosine does. */
  readonly normalizes: boolean
  readonly m: number
  readonly efConstruction: number
}

export function graphShapeOf(
  spec: IndexSpec,
  { dataType, dim, rowCount }: Pick<IndexedVectors, 'dataType' | 'dim' | 'rowCount'>,
): GraphShape {
  const isBits = dataType === DataType.BinaryVector
  const { m, efConstruction } = linksOf(spec)
  return {
    kind: isBits ? bitKindOf(spec) : floatKindOf(spec, dim),
    width: isBits ? dim / 8 : dim,
    normalizes: spec.metric === 'COSINE',
    m,
    // A walk cannot have more candidates than there are rows.
    efConstruction: Math.max(1, Math.min(Math.max(efConstruction, m), rowCount)),
  }
}

function bitKindOf({ metric }: IndexSpec): number {
  return metric === 'HAMMING' ? hnswCodeKinds.hamming : hnswCodeKinds.jaccard
}

/** Few components need finer codes: of one with 8 bits there are 255. */
function floatKindOf({ metric, params }: IndexSpec, dim: number): number {
  const isFine = dim < fineDims || fineTypes.includes(String(params.sq_type).toUpperCase())
  if (metric === 'IP') return isFine ? hnswCodeKinds.dot16 : hnswCodeKinds.dot8
  return isFine ? hnswCodeKinds.squared16 : hnswCodeKinds.squared8
}

const fineDims = 16
const fineTypes = ['FP16', 'BF16']

function linksOf({ indexType, params }: IndexSpec): { m: number; efConstruction: number } {
  if (indexType === 'AUTOINDEX' || indexType === 'DISKANN') return autoLinks
  return { m: Number(params.M), efConstruction: Number(params.efConstruction) }
}

const autoLinks = { m: 16, efConstruction: 64 }

/** Whether exact distances come from the raw rows; otherwise they are those of the codes. */
export function isRefined({ indexType, params }: IndexSpec): boolean {
  return indexType !== 'HNSW_SQ' || params.refine === true || params.refine === 'true'
}
