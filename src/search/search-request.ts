import type { Column } from '../column/column.js'
import type { FilterValues } from '../expr/filter-values.js'
import type { DataType } from '../schema/data-type.js'
import type { Field } from '../schema/field.js'
import type { PrimaryKey } from '../segment/segment-file.js'

/** `nq` vectors, as they lie on the wire: little endian, one after the other. */
export interface QueryVectors {
  readonly dataType: DataType
  readonly nq: number
  readonly bytes: Uint8Array
  /** Where each begins, and the last ends: of sparse vectors, which have no common length. */
  readonly offsets?: Int32Array
  /** Whether each query is a list of vectors, for an ArrayOfVector; `offsets` then tell where it lies. */
  readonly isList?: boolean
}

/** Rows whose vectors are searched for, by their keys. */
export interface QueryKeys {
  readonly keys: readonly PrimaryKey[]
}

/** The nearest rows of each of the nearest groups: `topK` and `offset` count groups. */
export interface Grouping {
  /** Rows are of one group if they have the same values of all of these; also dynamic keys and JSON paths. */
  readonly fieldNames: readonly string[]
  /** Where in a JSON field the value lies, as a JSON pointer. */
  readonly jsonPath?: string
  /** What a value in a JSON field is read as; left out: as JSON. */
  readonly jsonType?: DataType
  /** Rows of a group. */
  readonly size: number
}

/** A page of a search that goes on where the last page ended, up to `topK` rows. */
export interface SearchPage {
  /** The score of the last row so far, which is not given again; null: begins. */
  readonly lastBound: number | null
}

export interface SearchRequest {
  readonly dbName: string
  readonly collectionName: string
  /** Empty: all. */
  readonly partitionNames: readonly string[]
  /** An expression; empty: all rows. */
  readonly filter: string
  /** What the expression's `{name}` stand for. */
  readonly filterValues?: FilterValues
  /** Empty: the only vector field. */
  readonly vectorFieldName: string
  readonly queries: QueryVectors | QueryKeys
  readonly topK: number
  readonly offset: number
  /** Empty: the index's. */
  readonly metricType: string
  /** The index's search parameters, and radius and range_filter. */
  readonly params: Readonly<Record<string, unknown>>
  /** Decimals that scores are rounded to; -1: not. */
  readonly roundDecimal: number
  readonly outputFields: readonly string[]
  readonly grouping?: Grouping | null
  /** The order of the rows that are found; left out or empty: nearest first. */
  readonly orderBy?: readonly OrderByName[]
  readonly page?: SearchPage | null
  /** That times are read and written in, an IANA name; left out or empty: the collection's. */
  readonly timeZone?: string
  /** Leaves out rows that are not sealed yet. */
  readonly ignoreGrowing?: boolean
  readonly signal?: AbortSignal
}

/** How the scores of several searches become one. */
export type Ranker =
  | { readonly strategy: 'rrf'; readonly k: number }
  | {
      readonly strategy: 'weighted'
      /** One for each search. */
      readonly weights: readonly number[]
      /** Whether scores are brought between 0 and 1 first. */
      readonly normScore: boolean
    }

export interface HybridSearchRequest {
  readonly dbName: string
  readonly collectionName: string
  readonly partitionNames: readonly string[]
  readonly searches: readonly HybridPart[]
  readonly ranker: Ranker
  readonly topK: number
  readonly offset: number
  readonly roundDecimal: number
  readonly outputFields: readonly string[]
  readonly grouping?: (Grouping & { readonly scorer: GroupScorer }) | null
  readonly timeZone?: string
  readonly orderBy?: readonly OrderByName[]
  readonly ignoreGrowing?: boolean
  readonly signal?: AbortSignal
}

/** Which score of its rows tells a group's place in a hybrid search. */
export type GroupScorer = 'max' | 'sum' | 'avg'

/** One of the searches of a hybrid search; `topK` rows of it take part. */
export type HybridPart = Pick<
  SearchRequest,
  'filter' | 'filterValues' | 'vectorFieldName' | 'queries' | 'topK' | 'metricType' | 'params'
>

export interface QueryRequest {
  readonly dbName: string
  readonly collectionName: string
  readonly partitionNames: readonly string[]
  readonly filter: string
  readonly filterValues?: FilterValues
  /** `count(*)` alone counts; aggregates (`sum(field)`) are of groups. */
  readonly outputFields: readonly string[]
  /** Fields whose values make groups; left out or empty: all rows are one, where there are aggregates. */
  readonly groupBy?: readonly string[]
  readonly timeZone?: string
  /** null: no limit. */
  readonly limit: number | null
  readonly offset: number
  /** Before the primary key; left out or empty: by that alone. */
  readonly orderBy?: readonly OrderByName[]
  readonly ignoreGrowing?: boolean
  readonly signal?: AbortSignal
}

/** A field that a query's rows are ordered by. */
export interface OrderByName {
  readonly fieldName: string
  readonly isDescending: boolean
  readonly areNullsFirst: boolean
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
  /** The values that rows were grouped by. */
  readonly groupFields?: readonly OutputField[]
  /** Of a search for single elements of lists: which of its row's elements each hit is. */
  readonly elements?: readonly number[] | null
  /** Of a page: where the next one begins. */
  readonly lastBound?: number | null
}

export interface QueryResult {
  readonly collectionName: string
  readonly primaryFieldName: string
  readonly fields: readonly OutputField[]
  readonly outputFieldNames: readonly string[]
  /** Of a query with `element_filter`: which elements of each row pass. */
  readonly elements?: readonly (readonly number[])[] | null
  /** The snapshot's timestamp. */
  readonly sessionTimestamp: bigint
}
