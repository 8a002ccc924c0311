import { MillraceError } from '../errors.js'
import { DataType } from '../schema/data-type.js'
import { invalidParameter } from '../schema/invalid-parameter.js'
import { decode, encode } from './codec.js'
import type { PlaceholderValue } from './generated/messages.js'
import { sparseFault } from './vector-column.js'

/** `nq` query vectors, one after the other, as they lay on the wire; vector `n` begins at `offsets[n]`. */
interface PlaceholderVectors {
  readonly dataType: DataType
  readonly nq: number
  readonly bytes: Uint8Array
  readonly offsets: Int32Array
  /** Whether each query is a list of vectors. */
  readonly isList: boolean
}

/**
 * @param nq as the request says it; 0: not said
 * @throws parameterInvalid
 * @throws unsupported for texts
 */
export function vectorsFromPlaceholderGroup(bytes: Uint8Array, nq: number): PlaceholderVectors {
  const { placeholders } = decode('PlaceholderGroup', bytes)
  if (placeholders.length > 1) {
    throw invalidParameter(`expected one placeholder, got ${placeholders.length}`)
  }
  checkCount(placeholders.at(0)?.values.length ?? 0)
  const [{ type, values }] = placeholders
  const isList = type >= listTypeBase
  const dataType = vectorTypeFrom(type)
  validateValues(placeholders[0], nq)
  const offsets = new Int32Array(values.length + 1)
  values.forEach((value, index) => {
    offsets[index + 1] = offsets[index] + value.length
  })
  const joined = values.length === 1 ? values[0] : Buffer.concat(values)
  return { dataType, nq: values.length, bytes: joined, offsets, isList }
}

/** `values` are vectors of one type, each as its bytes, little endian. */
export function placeholderGroupFromVectors(
  dataType: DataType,
  values: readonly Uint8Array[],
): Buffer {
  return encode('PlaceholderGroup', { placeholders: [{ tag: '$0', type: dataType, values }] })
}

/** Lists of vectors have the numbers of the vectors' types from here on. */
const listTypeBase = 300
const toListType = listTypeBase - DataType.BinaryVector

const vectorTypes: readonly DataType[] = [
  DataType.BinaryVector,
  DataType.FloatVector,
  DataType.Float16Vector,
  DataType.BFloat16Vector,
  DataType.SparseFloatVector,
  DataType.Int8Vector,
]

const nqMax = 16_384

function checkCount(nq: number): void {
  if (nq >= 1 && nq <= nqMax) return
  throw new MillraceError(
    'parameterInvalid',
    `nq [${nq}] is invalid, nq (number of search vector per search request) should be in range [1, ${nqMax}], but got ${nq}`,
  )
}

function checkSparse(values: readonly Uint8Array[]): void {
  for (const [query, value] of values.entries()) {
    const fault = sparseFault(value)
    if (fault) throw invalidParameter(`Invalid sparse row: query vector ${query}: ${fault}`)
  }
}

/** Placeholder types are data types by number. */
function vectorTypeFrom(type: number): DataType {
  const dataType = vectorTypes.find((known) => known === type || known + toListType === type)
  if (dataType !== undefined) return dataType
  const what = type === DataType.VarChar ? 'text' : `placeholder type ${type}`
  throw new MillraceError('unsupported', `search by ${what} is not supported: expected vectors`)
}

function validateValues({ type, values }: PlaceholderValue, nq: number): void {
  if (nq > 0 && nq !== values.length) {
    throw invalidParameter(
      `nq (${nq}) is not equal to the number of query vectors (${values.length})`,
    )
  }
  if (type === DataType.SparseFloatVector) checkSparse(values)
  if (type === DataType.SparseFloatVector || type >= listTypeBase) return
  const odd = values.findIndex((value) => value.length !== values[0].length)
  if (odd < 0) return
  throw invalidParameter(
    `query vector ${odd}: expected ${values[0].length} bytes as vector 0 has, got ${values[odd].length}`,
  )
}
