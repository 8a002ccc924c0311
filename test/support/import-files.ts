import { isFinished } from '../../dist/bulk/import-state.js'
import type { ImportTask } from '../../dist/bulk/import-task.js'
import type { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import type { CollectionSchema } from '../../dist/schema/collection-schema.js'
import { DataType, isVectorType } from '../../dist/schema/data-type.js'
import { valueAt } from './column-values.js'

export type Row = Record<string, unknown>

/** A collection that is made, loaded, used and dropped. */
export async function withCollection<Result>(
  engine: EmbeddedEngine,
  schema: CollectionSchema,
  use: (dbName: string) => Promise<Result>,
): Promise<Result> {
  const collection = { dbName: 'default', collectionName: schema.name }
  await engine.createCollection({
    dbName: 'default',
    schema,
    shardsNum: 1,
    consistencyLevel: 2,
    properties: [],
    numPartitions: 0,
  })
  for (const { name, dataType } of schema.fields) {
    if (!isVectorType(dataType)) continue
    const params = Object.entries<string>(indexParams(dataType))
    await engine.createIndex({ ...collection, fieldName: name, indexName: '', params })
  }
  await engine.load('default', schema.name, [])
  try {
    return await use('default')
  } finally {
    await engine.dropCollection('default', schema.name)
  }
}

function indexParams(dataType: DataType): Record<string, string> {
  switch (dataType) {
    case DataType.BinaryVector:
      return { index_type: 'BIN_FLAT', metric_type: 'HAMMING' }
    case DataType.SparseFloatVector:
      return { index_type: 'SPARSE_INVERTED_INDEX', metric_type: 'IP' }
    default:
      return { index_type: 'FLAT', metric_type: 'L2' }
  }
}

/** Imports one group of files, to the end of it. */
export async function importFiles(
  engine: EmbeddedEngine,
  collectionName: string,
  files: readonly string[],
  options: Readonly<Record<string, string>> = {},
): Promise<ImportTask> {
  const { taskId } = await engine.imports.start({
    dbName: 'default',
    collectionName,
    partitionName: '',
    fileGroups: [files],
    options: Object.entries(options),
  })
  for (;;) {
    const { task } = engine.imports.task(taskId)
    if (isFinished(task.state)) return task
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** All rows in the order of their keys, but for the keys that the server made. */
export async function storedRows(engine: EmbeddedEngine, schema: CollectionSchema): Promise<Row[]> {
  const outputFields = schema.fields.map(({ name }) => name)
  const { fields } = await engine.query({
    dbName: 'default',
    collectionName: schema.name,
    partitionNames: [],
    filter: '',
    outputFields,
    limit: null,
    offset: 0,
  })
  const told = fields.filter(({ field }) => !field.autoId)
  return Array.from({ length: fields[0].rowCount }, (_, row) =>
    Object.fromEntries(told.map(({ field, column }) => [field.name, valueAt(field, column, row)])),
  )
}
