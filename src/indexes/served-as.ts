import { flatParams, type IndexParams } from './index-spec.js'

/**
 * How an index is served where it is not what its parameters say; null: it is. Answers are no worse for it,
 * only the memory is another.
 */
export function servedAs(params: IndexParams): string | null {
  const values = flatParams(params)
  switch (values.get('index_type')?.toUpperCase()) {
    case 'DISKANN':
      return 'a graph in memory, with codes of 8 bits and the raw vectors'
    case 'HNSW_SQ':
      return scalarCodes(values)
    default:
      return null
  }
}

function scalarCodes(values: ReadonlyMap<string, string>): string | null {
  const codes = widerCodes[values.get('sq_type')?.toUpperCase() ?? '']
  const isRefined = values.get('refine')?.toLowerCase() === 'true'
  const refineType = values.get('refine_type')?.toUpperCase() ?? 'FP32'
  const raw = isRefined && !rawTypes.includes(refineType) ? 'refined by the raw vectors' : undefined
  const parts = [codes, raw].filter((part) => part !== undefined)
  return parts.length > 0 ? `a graph ${parts.join(', ')}` : null
}

const widerCodes: Readonly<Record<string, string>> = {
  SQ4U: 'with codes of 8 bits',
  SQ6: 'with codes of 8 bits',
  FP16: 'with codes of 16 bits, in steps of one width',
  BF16: 'with codes of 16 bits, in steps of one width',
}

const rawTypes = ['FP32', 'FLAT']
