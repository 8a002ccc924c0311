import { layoutOf } from '../../column/column.js'
import { MillraceError } from '../../errors.js'
import { kernelElements, kernelMetrics } from '../../kernels/scan-kernels.js'
import { DataType, dataTypeName } from '../../schema/data-type.js'
import { isBitMetric } from '../../schema/metric.js'
import type { NearestQuery } from './nearest-query.js'

/** What kernels know of the query's type and metric. @throws unsupported */
export function kernelOf({ dataType, metric }: NearestQuery): { metric: number; element: number } {
  const isBits = isBitMetric(metric)
  const number = kernelMetrics[metric]
  const element = isBits ? 0 : kernelElements[dataType]
  if (
    number !== undefined &&
    element !== undefined &&
    isBits === (dataType === DataType.BinaryVector)
  ) {
    return { metric: number, element }
  }
  throw new MillraceError(
    'unsupported',
    `search: expected vectors of numbers with L2, IP or COSINE, or BinaryVector with a metric of bits, got ${dataTypeName(dataType)} with ${metric}`,
  )
}

export function rowBytesOf({ dataType, dim }: NearestQuery): number {
  const layout = layoutOf({ dataType, elementType: DataType.None, dim })
  if (layout.shape === 'fixed') return layout.width * layout.valuesType.BYTES_PER_ELEMENT
  throw new TypeError(`${dataTypeName(dataType)} has no rows of fixed length`)
}

/** @throws parameterInvalid */
export function refuseOddBytes({ nq, dim, bytes }: NearestQuery, rowBytes: number): void {
  if (bytes.byteLength === nq * rowBytes) return
  throw new MillraceError(
    'parameterInvalid',
    `search: expected ${nq} vectors of dimension ${dim}, ${nq * rowBytes} bytes, got ${bytes.byteLength}`,
  )
}
