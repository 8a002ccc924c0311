import { kernelElements, kernelMetrics } from '../../kernels/scan-kernels.js'
import { DataType } from '../../schema/data-type.js'
import type { IndexSpec } from '../index-family.js'
import { type ProductShape, productShape } from './product-shape.js'

/** How the kernels see the rows that are indexed, and what stands for them. */
export interface IvfShape {
  /** Numbers of the scan kernels. */
  readonly metric: number
  readonly element: number
  /** Components of a row, or bytes of a row of bits. */
  readonly width: number
  readonly rowBytes: number
  readonly isBits: boolean
  /** Rows are brought to the length 1 before they are clustered or quantised. */
  readonly isNormalized: boolean
  /** Distances of rows to centroids and of codes are products turned around. */
  readonly isProduct: boolean
  /** Of the distance to centroids. */
  readonly listMetric: number
  readonly centroidBytes: number
  /** The codes are rows as they are, or int8, or product codes. */
  readonly isQuantized: boolean
  /** The codes only say which rows need not be looked at: what is found is what the rows themselves would give. */
  readonly isExact: boolean
  readonly product: ProductShape | null
  /** Of rows and of int8 codes; product codes lie in blocks. */
  readonly codeBytes: number
}

export function ivfShape(
  spec: IndexSpec,
  vectors: { readonly dataType: DataType; readonly dim: number },
): IvfShape {
  const { indexType, metric } = spec
  const { dataType, dim } = vectors
  const isBits = dataType === DataType.BinaryVector
  const element = isBits ? 0 : kernelElements[dataType]!
  const width = isBits ? dim / 8 : dim
  const rowBytes = isBits ? width : width * elementBytes[element]
  const isFlat = indexType === 'IVF_FLAT'
  const isQuantized = !isBits && !(isFlat && elementBytes[element] === 1)
  // One literal, without spreading: every search makes one.
  return {
    metric: kernelMetrics[metric]!,
    element,
    width,
    rowBytes,
    isBits,
    isNormalized: metric === 'COSINE',
    isProduct: metric === 'IP',
    listMetric: isBits ? kernelMetrics.HAMMING! : listMetrics[metric]!,
    centroidBytes: isBits ? width : width * 4,
    isQuantized,
    isExact: isFlat && isQuantized,
    product: isQuantized ? productShape(spec, dim) : null,
    codeBytes: isQuantized ? width : rowBytes,
  }
}

/** As `shape`, but that the codes are the rows. */
export function shapeOfRows(shape: IvfShape): IvfShape {
  return { ...shape, isQuantized: false, isExact: false, codeBytes: shape.rowBytes }
}

/** By the numbers of `kernelElements`. */
const elementBytes = [4, 2, 2, 1]

/** The lists to look into are those whose centroids are nearest; of rows of length 1 L2 says the same. */
const listMetrics: Partial<Record<string, number>> = {
  L2: kernelMetrics.L2,
  COSINE: kernelMetrics.L2,
  IP: kernelMetrics.IP,
}
