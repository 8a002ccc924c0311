import type { IndexDescription } from '../../engines/engine.js'
import { fieldNamed } from '../../schema/collection-schema.js'
import { IndexState } from '../../wire/generated/messages.js'
import { keyValuesFromPairs, pairsFromKeyValues } from '../../wire/key-values.js'
import { withIndexDefaults } from '../index-defaults.js'
import type { Handlers } from './call.js'

export const indexHandlers = {
  async CreateIndex({ engine, dbName }, { collection_name, field_name, index_name, extra_params }) {
    const { schema } = engine.describeCollection(dbName, collection_name)
    await engine.createIndex({
      dbName,
      collectionName: collection_name,
      fieldName: field_name,
      indexName: index_name,
      params: withIndexDefaults(pairsFromKeyValues(extra_params), fieldNamed(schema, field_name)),
    })
    return undefined
  },

  async DescribeIndex({ engine, dbName }, { collection_name, field_name, index_name }) {
    const indexes = await engine.describeIndex(dbName, collection_name, field_name, index_name)
    return { index_descriptions: indexes.map(indexMembers) }
  },

  /** As DescribeIndex; without an index there are no statistics, which is an error there too. */
  async GetIndexStatistics({ engine, dbName }, { collection_name, index_name }) {
    const indexes = await engine.describeIndex(dbName, collection_name, '', index_name)
    return { index_descriptions: indexes.map(indexMembers) }
  },

  async AlterIndex({ engine, dbName }, request) {
    const { collection_name, index_name, extra_params, delete_keys } = request
    const change = { set: pairsFromKeyValues(extra_params), remove: delete_keys }
    await engine.changes.alterIndex(dbName, collection_name, index_name, change)
    return undefined
  },

  async DropIndex({ engine, dbName }, { collection_name, field_name, index_name }) {
    await engine.dropIndex(dbName, collection_name, field_name, index_name)
    return undefined
  },

  async GetIndexState({ engine, dbName }, { collection_name, field_name, index_name }) {
    const [index] = await engine.describeIndex(dbName, collection_name, field_name, index_name)
    return { state: stateOf(index), fail_reason: index.failure }
  },

  async GetIndexBuildProgress({ engine, dbName }, request) {
    const { collection_name, field_name, index_name } = request
    const [index] = await engine.describeIndex(dbName, collection_name, field_name, index_name)
    return { indexed_rows: BigInt(index.indexedRows), total_rows: BigInt(index.totalRows) }
  },
} satisfies Handlers

function indexMembers(index: IndexDescription) {
  return {
    index_name: index.name,
    indexID: index.indexId,
    field_name: index.fieldName,
    params: keyValuesFromPairs(index.params),
    indexed_rows: BigInt(index.indexedRows),
    total_rows: BigInt(index.totalRows),
    pending_index_rows: BigInt(index.pendingRows),
    state: stateOf(index),
    index_state_fail_reason: index.failure,
  }
}

function stateOf({ pendingRows, failure }: IndexDescription): number {
  if (pendingRows === 0) return IndexState.Finished
  return failure === '' ? IndexState.InProgress : IndexState.Failed
}
