import type { CollectionSchema } from '../schema/collection-schema.js'
import { encode } from '../wire/codec.js'
import { collectionSchemaFromMessage } from '../wire/collection-schema.js'
import { ConsistencyLevel, IndexState, type SearchResultData } from '../wire/generated/messages.js'
import { keyValuesFromPairs, pairsFromKeyValues } from '../wire/key-values.js'
import type { Connection } from './connection.js'
import { connectionNamed } from './connections.js'
import { MilvusException } from './milvus-exception.js'
import { fieldMessageFrom, type NewField } from './new-field.js'
import { pause } from './retry.js'
import { type Row, rowCountOf, rowsFromFields } from './rows-from-fields.js'
import {
  type Consistency,
  consistencyOf,
  type Search,
  searchRequestFrom,
} from './search-request.js'
import type { Using } from './utility.js'

export interface NewCollection {
  readonly collectionName: string
  readonly fields: readonly NewField[]
  readonly description?: string
  readonly enableDynamicField?: boolean
  readonly consistencyLevel?: Consistency
  /** Of a collection with a partition key; the server has a default. */
  readonly numPartitions?: number
}

export interface CollectionDescription {
  readonly collectionId: bigint
  readonly schema: CollectionSchema
  readonly partitionCount: number
}

export interface NewIndex {
  readonly collectionName: string
  readonly fieldName: string
  readonly indexType?: string
  readonly metricType?: string
  readonly indexName?: string
  readonly params?: Readonly<Record<string, unknown>>
}

export interface Query {
  readonly collectionName: string
  readonly filter?: string
  readonly outputFields?: readonly string[]
  readonly partitionNames?: readonly string[]
  readonly limit?: number
  readonly offset?: number
  readonly consistencyLevel?: Consistency
}

export interface SearchHit {
  readonly id: bigint | string
  readonly distance: number
  readonly entity: Row
}

const pollMs = 20

/** Collections, their indexes and rows, over a connection made by `connections.connect()`. */
export class MilvusClient {
  readonly #using: Using

  constructor(using: Using = {}) {
    this.#using = using
  }

  async createCollection(collection: NewCollection): Promise<void> {
    const { collectionName, fields, description = '', enableDynamicField = false } = collection
    const schema = encode('CollectionSchema', {
      name: collectionName,
      description,
      fields: fields.map(fieldMessageFrom),
      enable_dynamic_field: enableDynamicField,
    })
    const consistency_level = ConsistencyLevel[collection.consistencyLevel ?? 'Bounded']
    const num_partitions = BigInt(collection.numPartitions ?? 0)
    const request = { collection_name: collectionName, schema, consistency_level, num_partitions }
    await this.#connection.call('CreateCollection', request, this.#using)
  }

  async hasCollection(collectionName: string): Promise<boolean> {
    const request = { collection_name: collectionName }
    return (await this.#connection.call('HasCollection', request, this.#using)).value
  }

  async describeCollection(collectionName: string): Promise<CollectionDescription> {
    const request = { collection_name: collectionName }
    const answer = await this.#connection.call('DescribeCollection', request, this.#using)
    if (answer.schema === null) throw new MilvusException(1, 'described without a schema')
    return {
      collectionId: answer.collectionID,
      schema: collectionSchemaFromMessage(answer.schema),
      partitionCount: Number(answer.num_partitions),
    }
  }

  async dropCollection(collectionName: string): Promise<void> {
    const request = { collection_name: collectionName }
    await this.#connection.call('DropCollection', request, this.#using)
  }

  async getCollectionStats(collectionName: string): Promise<{ readonly rowCount: number }> {
    const request = { collection_name: collectionName }
    const { stats } = await this.#connection.call('GetCollectionStatistics', request, this.#using)
    return { rowCount: Number(new Map(pairsFromKeyValues(stats)).get('row_count') ?? 0) }
  }

  /** Resolves when the rows that are there are indexed. */
  async createIndex(index: NewIndex): Promise<void> {
    const { indexType = 'AUTOINDEX', metricType = 'COSINE', params = {} } = index
    const request = {
      collection_name: index.collectionName,
      field_name: index.fieldName,
      index_name: index.indexName ?? '',
      extra_params: keyValuesFromPairs([
        ['index_type', indexType],
        ['metric_type', metricType],
        ['params', JSON.stringify(params)],
      ]),
    }
    await this.#connection.call('CreateIndex', request, this.#using)
    while (!(await this.#isIndexed(index))) await pause(pollMs, undefined)
  }

  /** Resolves when every segment is in memory. */
  async loadCollection(collectionName: string): Promise<void> {
    const request = { collection_name: collectionName }
    await this.#connection.call('LoadCollection', { ...request, replica_number: 1 }, this.#using)
    while (true) {
      const progress = await this.#connection.call('GetLoadingProgress', request, this.#using)
      if (progress.progress >= 100n) return
      await pause(pollMs, undefined)
    }
  }

  /** The nearest rows to each of the query vectors, nearest first. */
  async search(search: Search): Promise<SearchHit[][]> {
    const request = searchRequestFrom(search)
    const { results } = await this.#connection.call('Search', request, this.#using)
    return results ? hitsFrom(results) : []
  }

  async query(query: Query): Promise<Row[]> {
    const { limit, offset } = query
    const params = Object.entries({ limit, offset }).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)] as const],
    )
    const request = {
      collection_name: query.collectionName,
      expr: query.filter ?? '',
      output_fields: query.outputFields ?? [],
      partition_names: query.partitionNames ?? [],
      query_params: keyValuesFromPairs(params),
      ...consistencyOf(query.consistencyLevel),
    }
    const { fields_data } = await this.#connection.call('Query', request, this.#using)
    return rowsFromFields(fields_data, rowCountOf(fields_data))
  }

  get #connection(): Connection {
    return connectionNamed(this.#using.using)
  }

  async #isIndexed({ collectionName, fieldName, indexName = '' }: NewIndex): Promise<boolean> {
    const request = {
      collection_name: collectionName,
      field_name: fieldName,
      index_name: indexName,
    }
    const answer = await this.#connection.call('DescribeIndex', request, this.#using)
    const described = answer.index_descriptions.find(({ field_name }) => field_name === fieldName)
    if (described?.state === IndexState.Failed) {
      throw new MilvusException(1, `index of "${fieldName}": ${described.index_state_fail_reason}`)
    }
    return described?.state === IndexState.Finished
  }
}

function hitsFrom({ ids, scores, topks, fields_data }: SearchResultData): SearchHit[][] {
  const keys: ArrayLike<bigint | string> = ids?.int_id?.data ?? ids?.str_id?.data ?? []
  const entities = rowsFromFields(fields_data, scores.length)
  let begin = 0
  return topks.map((count) => {
    const offsets = Array.from({ length: Number(count) }, (_, rank) => begin + rank)
    begin += Number(count)
    return offsets.map((offset) => ({
      id: keys[offset]!,
      distance: scores[offset]!,
      entity: entities[offset]!,
    }))
  })
}
