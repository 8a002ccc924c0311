import { DataType } from '../schema/data-type.js'
import type { MessageInput } from '../wire/codec.js'
import { ConsistencyLevel, DslType } from '../wire/generated/messages.js'
import { keyValuesFromPairs } from '../wire/key-values.js'
import { placeholderGroupFromVectors } from '../wire/placeholder-group.js'

/** How fresh the rows must be that an answer knows; by default what the collection was made with. */
export type Consistency = Exclude<keyof typeof ConsistencyLevel, 'Customized'>

export interface Search {
  readonly collectionName: string
  /** Query vectors of floats; bits of a BinaryVector as bytes. */
  readonly data: readonly (readonly number[] | Float32Array | Uint8Array)[]
  /** The vector field; may be left out where there is only one. */
  readonly annsField?: string
  /** Hits for each query vector. */
  readonly limit?: number
  readonly filter?: string
  readonly outputFields?: readonly string[]
  readonly partitionNames?: readonly string[]
  readonly metricType?: string
  /** The index's own, such as `ef`. */
  readonly params?: Readonly<Record<string, unknown>>
  readonly consistencyLevel?: Consistency
}

export function searchRequestFrom(search: Search): MessageInput<'SearchRequest'> {
  const { collectionName, data, annsField, limit = 10, metricType, params = {} } = search
  const pairs = { anns_field: annsField, topk: String(limit), metric_type: metricType }
  const given = Object.entries(pairs).flatMap(([key, value]) => (value ? [[key, value]] : []))
  return {
    collection_name: collectionName,
    partition_names: search.partitionNames ?? [],
    dsl: search.filter ?? '',
    dsl_type: DslType.BoolExprV1,
    placeholder_group: placeholderGroup(data),
    output_fields: search.outputFields ?? [],
    search_params: keyValuesFromPairs([
      ...(given as [key: string, value: string][]),
      ['params', JSON.stringify(params)],
      ['round_decimal', '-1'],
    ]),
    nq: BigInt(data.length),
    ...consistencyOf(search.consistencyLevel),
  }
}

export function consistencyOf(level: Consistency | undefined) {
  return level === undefined
    ? { use_default_consistency: true }
    : { consistency_level: ConsistencyLevel[level] }
}

function placeholderGroup(data: Search['data']): Uint8Array {
  const dataType = data[0] instanceof Uint8Array ? DataType.BinaryVector : DataType.FloatVector
  return placeholderGroupFromVectors(dataType, data.map(vectorBytes))
}

function vectorBytes(vector: Search['data'][number]): Uint8Array {
  if (vector instanceof Uint8Array) return vector
  const floats = Float32Array.from(vector)
  return new Uint8Array(floats.buffer)
}
