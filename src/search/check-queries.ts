import { layoutOf } from '../column/column.js'
import type { MillraceError } from '../errors.js'
import { DataType, dataTypeName } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { isListMetric, type Metric } from '../schema/metric.js'
import { elementFieldOf } from '../schema/struct-array.js'
import type { QueryVectors } from './search-request.js'

/** @throws parameterInvalid when the queries do not fit the field */
export function checkQueries(field: Field, metric: Metric, queries: QueryVectors): void {
  if (field.dataType === DataType.ArrayOfVector) checkLists(field, metric, queries)
  else checkVectors(field, metric, queries)
}

function checkVectors(field: Field, metric: Metric, queries: QueryVectors): void {
  const isSparse = field.dataType === DataType.SparseFloatVector
  const { dataType, nq, bytes, isList = false } = queries
  if (isList) {
    throw invalidParameter(
      `vector type must be the same, field ${field.name} - type ${dataTypeName(field.dataType)}, search info type is a list of ${dataTypeName(dataType)}`,
    )
  }
  checkType(field, field.dataType, dataType)
  if (isSparse) {
    if (metric === 'IP') return
    throw invalidParameter(
      `only IP is supported for SparseFloatVector, got ${metric}: field ${field.name}`,
    )
  }
  const vectorBytes = bytesPerVector(field)
  if (bytes.byteLength === nq * vectorBytes) return
  throw wrongSize(field, vectorBytes, bytes.byteLength / nq)
}

/** A list of at least one vector is searched by a metric of lists, a single vector by one of vectors. */
function checkLists(field: Field, metric: Metric, queries: QueryVectors): void {
  const { dataType, nq, bytes, isList = false } = queries
  checkType(field, field.elementType, dataType)
  const vectorBytes = bytesPerVector(elementFieldOf(field))
  if (isList !== isListMetric(metric)) {
    throw invalidParameter(
      `field ${field.name} has an index with metric ${metric}: expected ${isList ? 'a vector' : 'a list of vectors'} for each query, got ${isList ? 'lists of vectors' : 'vectors'}`,
    )
  }
  if (!isList && bytes.byteLength !== nq * vectorBytes) {
    throw wrongSize(field, vectorBytes, bytes.byteLength / nq)
  }
  const { offsets = Int32Array.of(0, bytes.length) } = queries
  for (let query = 0; isList && query + 1 < offsets.length; query++) {
    const byteLength = offsets[query + 1] - offsets[query]
    if (byteLength > 0 && byteLength % vectorBytes === 0) continue
    throw wrongSize(field, vectorBytes, byteLength)
  }
}

function checkType({ name }: Field, expected: DataType, got: DataType): void {
  if (got === expected) return
  throw invalidParameter(
    `vector type must be the same, field ${name} - type ${dataTypeName(expected)}, search info type ${dataTypeName(got)}`,
  )
}

function wrongSize({ name }: Field, expected: number, got: number): MillraceError {
  return invalidParameter(
    `vector dimension mismatch, expected vector size(byte) ${expected}, actual ${got}: field ${name}`,
  )
}

function bytesPerVector(field: Field): number {
  const layout = layoutOf(field)
  return layout.shape === 'fixed' ? layout.width * layout.valuesType.BYTES_PER_ELEMENT : 0
}
