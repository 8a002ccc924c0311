import type { Column } from '../column/column.js'
import type { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'

/** `nq` vectors of one dimension, as they lie on the wire: little endian, one after the other. */
export interface QueryVectors {
  readonly dataType: DataType
  readonly nq: number
  readonly bytes: Uint8Array
}

export interface SearchRequest {
  readonly dbName: string
  readonly collectionName: string
  /** Empty: all. */
  readonly partitionNames: readonly string[]
  /** An expression; empty: all rows. */
  readonly filter: string
  /** Empty: the only vector field. */
  readonly vectorFieldName: string
  readonly queries: QueryVectors
  readonly topK: number
  readonly offset: number
  /** Empty: the index's. */
  readonly metricType: string
  /** The index's search parameters, and radius and range_filter. */
  readonly params: Readonly<Record<string, unknown>>
  /** Decimals that scores are rounded to; -1: not. */
  readonly roundDecimal: number
  readonly outputFields: readonly string[]
  readonly signal?: AbortSignal
}

export interface QueryRequest {
  readonly dbName: string
  readonly collectionName: string
  readonly partitionNames: readonly string[]
  readonly filter: string
  /** `count(*)` alone counts. */
  readonly outputFields: readonly string[]
  /** null: no limit. */
  readonly limit: number | null
  readonly offset: number
  readonly signal?: AbortSignal
}

/** A field of the answer: its rows in the order of the answer's ids. */
export interface OutputField {
  readonly field: Field
  readonly column: Column
  readonly rowCount: number
}

export interface SearchResult {
  readonly collectionName: string
  readonly primaryFieldName: string
  readonly nq: number
  readonly topK: number
  /** Hits of each query; ids, scores and fields hold them one query after the other. */
  readonly hitCounts: readonly number[]
  readonly ids: Column
  /** As Milvus has them: a distance for L2 and its kin, a similarity for IP and COSINE. */
  readonly scores: Float32Array
  readonly fields: readonly OutputField[]
  readonly outputFieldNames: readonly string[]
}

export interface QueryResult {
  readonly collectionName: string
  readonly primaryFieldName: string
  readonly fields: readonly OutputField[]
  readonly outputFieldNames: readonly string[]
  /** The snapshot's timestamp. */
  readonly sessionTimestamp: bigint
}
