import { parse, resolve } from 'node:path'
import { importJobFrom } from '../client/import-job.js'
import { fieldMessageFrom } from '../client/new-field.js'
import type { S3Access } from '../config.js'
import { EmbeddedEngine } from '../engines/embedded/embedded-engine.js'
import type { Engine } from '../engines/engine.js'
import { jobDescription } from '../server/rest/job-description.js'
import { encode } from '../wire/codec.js'
import { newCollectionSchemaFromBytes } from '../wire/collection-schema.js'
import { ConsistencyLevel } from '../wire/generated/messages.js'
import type { Database, PlannedCollection } from './database.js'
import type { LocalPlace } from './import-options.js'

/**
 * A data directory, opened in this process: no other may have it open.
 * @param webHosts the hosts of files that the user named by URL
 * @throws serviceUnavailable when a server has it open
 */
export async function openLocalDatabase(
  { data: directory, dbName = 'default' }: LocalPlace,
  s3: S3Access | null,
  webHosts: readonly string[],
): Promise<Database> {
  const dataPath = resolve(directory)
  const engine = await EmbeddedEngine.open({
    dataPath,
    // The user's own files, read with the user's own rights.
    importRoots: [parse(dataPath).root],
    s3,
    httpHosts: webHosts,
    log: { info: () => {}, error: (message) => process.stderr.write(`millrace: ${message}\n`) },
  })
  return {
    name: directory,
    seesLocalFiles: true,
    upload: null,

    hasCollection: async (name) => engine.hasCollection(dbName, name),
    createCollection: (collection) => createCollection(engine, dbName, collection),
    dropCollection: (name) => engine.dropCollection(dbName, name),

    createImport: async ({ options, ...job }) => {
      const request = { ...job, dbName, options: Object.entries(options) }
      return String((await engine.imports.start(request)).taskId)
    },
    describeImport: async (jobId) =>
      importJobFrom(jobDescription(engine.imports.task(BigInt(jobId)))),
    cancelImport: (jobId) => engine.imports.cancel(BigInt(jobId)),
    deleteImport: (jobId) => engine.imports.delete(BigInt(jobId)),
    importRejects: (jobId) => engine.imports.rejects(BigInt(jobId)),

    close: () => engine.close(),
  }
}

async function createCollection(
  engine: Engine,
  dbName: string,
  { name, fields, metrics }: PlannedCollection,
): Promise<void> {
  const message = encode('CollectionSchema', { name, fields: fields.map(fieldMessageFrom) })
  await engine.createCollection({
    dbName,
    schema: newCollectionSchemaFromBytes(message),
    shardsNum: 1,
    consistencyLevel: ConsistencyLevel.Bounded,
    properties: [],
    numPartitions: 0,
  })
  for (const [fieldName, metric] of metrics) {
    const params = [
      ['index_type', 'AUTOINDEX'],
      ['metric_type', metric],
    ] as const
    await engine.createIndex({ dbName, collectionName: name, fieldName, indexName: '', params })
  }
  await engine.load(dbName, name, [])
}
