import { DataType } from '../../schema/data-type.js'
import type { IndexSpec } from '../index-family.js'

/**
 * Whether the raw rows lie in memory beside the lists: where answers are those of the rows, and where the
 * parameters ask for rows that are as fine. Else those of the candidates are read from the file.
 */
export function keepsRows({ indexType, params }: IndexSpec, dataType: DataType): boolean {
  switch (indexType) {
    case 'IVF_SQ8':
    case 'IVF_PQ':
    case 'IVF_RABITQ':
      return params.refine === true && isWhole(String(params.refine_type), dataType)
    case 'SCANN':
      return params.with_raw_data !== false
    default:
      return true
  }
}

/** Whether nothing of a row is lost. Coarser types are asked for to save memory. */
function isWhole(refineType: string, dataType: DataType): boolean {
  return ['FP32', 'FLAT', ownTypes[dataType]].includes(refineType)
}

const ownTypes: Partial<Record<DataType, string>> = {
  [DataType.Float16Vector]: 'FP16',
  [DataType.BFloat16Vector]: 'BF16',
}
