import { layoutOf } from '../column/column.js'
import { MillraceError } from '../errors.js'
import { DataType, dataTypeName, isDenseVectorType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import type { Metric } from '../schema/metric.js'
import type { QueryVectors } from './search-request.js'

/** @throws parameterInvalid when the queries do not fit the field */
export function checkQueries(
  field: Field,
  metric: Metric,
  { dataType, nq, bytes }: QueryVectors,
): void {
  const isSparse = field.dataType === DataType.SparseFloatVector
  if (!isSparse && !isDenseVectorType(field.dataType)) {
    throw new MillraceError(
      'unsupported',
      `search over a ${dataTypeName(field.dataType)} field is not supported by millrace: field "${field.name}"`,
    )
  }
  if (dataType !== field.dataType) {
    throw invalidParameter(
      `vector type must be the same, field ${field.name} - type ${dataTypeName(field.dataType)}, search info type ${dataTypeName(dataType)}`,
    )
  }
  if (isSparse) {
    if (metric === 'IP') return
    throw invalidParameter(
      `only IP is supported for SparseFloatVector, got ${metric}: field ${field.name}`,
    )
  }
  const vectorBytes = bytesPerVector(field)
  if (bytes.byteLength === nq * vectorBytes) return
  throw invalidParameter(
    `vector dimension mismatch, expected vector size(byte) ${vectorBytes}, actual ${bytes.byteLength / nq}: field ${field.name}`,
  )
}

function bytesPerVector(field: Field): number {
  const layout = layoutOf(field)
  return layout.shape === 'fixed' ? layout.width * layout.valuesType.BYTES_PER_ELEMENT : 0
}
