import { hnswCodeKinds } from '../../kernels/hnsw-kernels.js'
import { DataType } from '../../schema/data-type.js'
import type { IndexedVectors, IndexSpec } from '../index-family.js'
import { scalarTypeOf } from './scalar-type.js'

/** What a graph is built as. */
export interface GraphShape {
  /** A number of `hnswCodeKinds`: codes to build by. */
  readonly kind: number
  /** Codes to search by. */
  readonly searchKind: number
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
  const [kind, searchKind] = isBits ? bitKindsOf(spec) : floatKindsOf(spec, dim, dataType)
  return {
    kind,
    searchKind,
    width: isBits ? dim / 8 : dim,
    normalizes: spec.metric === 'COSINE',
    m,
    // A walk cannot have more candidates than there are rows.
    efConstruction: Math.max(1, Math.min(Math.max(efConstruction, m), rowCount)),
  }
}

/** By codes of few bits the right rows are not all among the first. */
export function hasCoarseCodes(
  spec: IndexSpec,
  { dataType, dim }: Pick<IndexedVectors, 'dataType' | 'dim'>,
): boolean {
  if (dataType === DataType.BinaryVector) return false
  const [, searchKind] = floatKindsOf(spec, dim, dataType)
  return searchKind === hnswCodeKinds.squared4 || searchKind === hnswCodeKinds.dot4
}

type Kinds = readonly [kind: number, searchKind: number]

function bitKindsOf({ metric }: IndexSpec): Kinds {
  const kind = metric === 'HAMMING' ? hnswCodeKinds.hamming : hnswCodeKinds.jaccard
  return [kind, kind]
}

function floatKindsOf(spec: IndexSpec, dim: number, dataType: DataType): Kinds {
  const type = scalarTypeOf(spec, dim) ?? plainType(dim, dataType)
  return (spec.metric === 'IP' ? dotKinds : squaredKinds)[type]
}

/**
 * Codes beside raw rows, which decide: of few components they are fine, since one with 8 bits has but 255;
 * of many they are half a byte, by which a walk finds the same and takes no longer. Rows of bytes are their
 * own codes.
 */
function plainType(dim: number, dataType: DataType): string {
  if (dataType === DataType.Int8Vector) return 'SQ8'
  if (dim < fineDims) return 'FINE'
  return dim < coarseDims ? 'SQ8' : 'SQ4U'
}

const fineDims = 16
const coarseDims = 64

/** By `sq_type`. Links are chosen by codes of a byte or finer: coarser ones would lead astray for good. */
const squaredKinds: Readonly<Record<string, Kinds>> = {
  FINE: [hnswCodeKinds.squared16, hnswCodeKinds.squared16],
  SQ4U: [hnswCodeKinds.squared8, hnswCodeKinds.squared4],
  SQ6: [hnswCodeKinds.squared8, hnswCodeKinds.squared6],
  SQ8: [hnswCodeKinds.squared8, hnswCodeKinds.squared8],
  FP16: [hnswCodeKinds.squared16, hnswCodeKinds.squaredFloat16],
  BF16: [hnswCodeKinds.squared16, hnswCodeKinds.squaredBFloat16],
}
const dotKinds: typeof squaredKinds = {
  FINE: [hnswCodeKinds.dot16, hnswCodeKinds.dot16],
  SQ4U: [hnswCodeKinds.dot8, hnswCodeKinds.dot4],
  SQ6: [hnswCodeKinds.dot8, hnswCodeKinds.dot6],
  SQ8: [hnswCodeKinds.dot8, hnswCodeKinds.dot8],
  FP16: [hnswCodeKinds.dot16, hnswCodeKinds.dotFloat16],
  BF16: [hnswCodeKinds.dot16, hnswCodeKinds.dotBFloat16],
}

function linksOf({ indexType, params }: IndexSpec): { m: number; efConstruction: number } {
  if (indexType === 'AUTOINDEX' || indexType === 'DISKANN') return autoLinks
  return { m: Number(params.M), efConstruction: Number(params.efConstruction) }
}

const autoLinks = { m: 16, efConstruction: 100 }

/**
 * Whether the raw rows lie beside the graph in memory: where searches are to be fast, but for rows that are
 * their own codes.
 */
export function keepsRows({ indexType }: IndexSpec, dataType: DataType): boolean {
  const isLeftOnDisk = coarseTypes.includes(indexType) || indexType === 'DISKANN'
  return !isLeftOnDisk && !ownCodeTypes.includes(dataType)
}

/** Their distances are those of codes, where nothing else is asked for. */
const coarseTypes: readonly string[] = ['HNSW_SQ', 'HNSW_PQ', 'HNSW_PRQ']
const ownCodeTypes: readonly DataType[] = [DataType.BinaryVector, DataType.Int8Vector]

/** Whether exact distances come from the raw rows; otherwise they are those of the codes. */
export function isRefined(spec: IndexSpec, dataType: DataType): boolean {
  if (dataType === DataType.BinaryVector || isOwnCode(spec, dataType)) return false
  const { refine } = spec.params
  return !coarseTypes.includes(spec.indexType) || refine === true || refine === 'true'
}

/** Whether codes are the rows themselves, of bytes or of short floats. */
function isOwnCode({ metric, params }: IndexSpec, dataType: DataType): boolean {
  if (metric === 'COSINE' || params.nbits !== undefined) return false
  return String(params.sq_type ?? 'SQ8').toUpperCase() === ownScalarTypes[dataType]
}

const ownScalarTypes: Partial<Record<DataType, string>> = {
  [DataType.Int8Vector]: 'SQ8',
  [DataType.Float16Vector]: 'FP16',
  [DataType.BFloat16Vector]: 'BF16',
}
