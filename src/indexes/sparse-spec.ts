import { dataTypeName } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { flatParams, type IndexParams } from './index-spec.js'

const sparseTypes = ['SPARSE_INVERTED_INDEX', 'SPARSE_WAND', 'AUTOINDEX']

/** An index on a sparse vector field, as Milvus checks it. @throws parameterInvalid with its text */
export function checkSparseIndex({ dataType }: Field, params: IndexParams): void {
  const values = flatParams(params)
  const indexType = (values.get('index_type') || 'AUTOINDEX').toUpperCase()
  if (!sparseTypes.includes(indexType)) {
    throw invalidParameter(
      `data type ${dataTypeName(dataType)} can't build with this index ${indexType}`,
    )
  }
  const metric = values.get('metric_type') || 'IP'
  if (metric.toUpperCase() !== 'IP') {
    throw invalidParameter(
      `only IP&BM25 is the supported metric type for sparse index, got ${metric}: millrace has no BM25`,
    )
  }
  checkDropRatio(values.get('drop_ratio_build'))
}

/** Taken as Milvus takes it; an exact search drops nothing. */
function checkDropRatio(text: string | undefined): void {
  if (text === undefined) return
  const ratio = text.trim() === '' ? Number.NaN : Number(text)
  if (ratio >= 0 && ratio < 1) return
  throw invalidParameter(`invalid drop_ratio_build: ${text}, must be in range [0, 1)`)
}
