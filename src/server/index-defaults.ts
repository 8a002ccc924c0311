import type { KeyValues } from '../engines/engine.js'
import { DataType, isVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'

/** The parameters of an index, with what a request left to the server. */
export function withIndexDefaults(params: KeyValues, field: Field | undefined): KeyValues {
  const isVector = field !== undefined && isVectorType(field.dataType)
  const defaults: [key: string, value: string][] = [['index_type', 'AUTOINDEX']]
  if (isVector) defaults.push(['metric_type', defaultMetric(field)])
  const absent = defaults.filter(([key]) => !params.some(([given]) => given === key))
  const all = [...params, ...absent]
  return isVector && isChosenHere(all)
    ? all.filter(([key, value]) => key !== 'params' || !isEmpty(value))
    : all
}

/** Milvus: of vectors' AUTOINDEX nothing is kept of what a client sends for no parameters. */
function isChosenHere(params: KeyValues): boolean {
  return params.some(([key, value]) => key === 'index_type' && value.toUpperCase() === 'AUTOINDEX')
}

function isEmpty(params: string): boolean {
  return ['', '{}', 'null'].includes(params.replace(/\s/g, ''))
}

function defaultMetric({ dataType, elementType }: Field): string {
  if (dataType === DataType.ArrayOfVector) {
    return elementType === DataType.BinaryVector ? 'MAX_SIM_HAMMING' : 'MAX_SIM_COSINE'
  }
  if (dataType === DataType.BinaryVector) return 'HAMMING'
  return dataType === DataType.SparseFloatVector ? 'IP' : 'COSINE'
}
