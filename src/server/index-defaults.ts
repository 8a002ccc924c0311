import type { KeyValues } from '../engines/engine.js'
import { DataType, isVectorType } from '../schema/data-type.js'

/** The parameters of an index, with what a request left to the server. */
export function withIndexDefaults(params: KeyValues, dataType: DataType): KeyValues {
  const defaults: [key: string, value: string][] = [['index_type', 'AUTOINDEX']]
  if (isVectorType(dataType)) defaults.push(['metric_type', defaultMetric(dataType)])
  const absent = defaults.filter(([key]) => !params.some(([given]) => given === key))
  return [...params, ...absent]
}

function defaultMetric(dataType: DataType): string {
  if (dataType === DataType.BinaryVector) return 'HAMMING'
  return dataType === DataType.SparseFloatVector ? 'IP' : 'COSINE'
}
