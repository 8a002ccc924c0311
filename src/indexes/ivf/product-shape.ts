import { productBlockBytes } from '../../kernels/product-kernels.js'
import type { IndexSpec } from '../index-family.js'

/** How rows become product codes of four bits; the parts of a row are drawn in `assembly/product-layout.ts`. */
export interface ProductShape {
  readonly codes: number
  /** Components that a code stands for. */
  readonly subWidth: number
  /** The bits of each code of one part: one takes what the one before it leaves. */
  readonly stageBits: readonly number[]
  /** Components of a row as it is encoded, some of them zeros at its end. */
  readonly width: number
  /** Rows are rotated at random, and a code is four signs: a bit for each component. */
  readonly isRotated: boolean
  readonly blockBytes: number
}

/** null: the type has codes of another kind. */
export function productShape({ indexType, params }: IndexSpec, dim: number): ProductShape | null {
  switch (indexType) {
    case 'IVF_RABITQ':
      return shapeOf(4, Math.ceil(dim / 8) * 2, [4], true)
    case 'IVF_PQ': {
      const m = Number(params.m)
      return shapeOf(dim / m, m, stagesOf(Number(params.nbits)), false)
    }
    case 'SCANN': {
      const subWidth = Number(params.sub_dim ?? 2)
      return shapeOf(subWidth, Math.ceil(dim / subWidth), [4], false)
    }
    default:
      return null
  }
}

function shapeOf(
  subWidth: number,
  parts: number,
  stageBits: readonly number[],
  isRotated: boolean,
): ProductShape {
  const codes = parts * stageBits.length
  const blockBytes = productBlockBytes(codes)
  return { codes, subWidth, stageBits, width: parts * subWidth, isRotated, blockBytes }
}

/** Codes of more than four bits are several of at most four. */
function stagesOf(bits: number): number[] {
  const stages: number[] = []
  for (let left = bits; left > 0; left -= 4) stages.push(Math.min(4, left))
  return stages
}
