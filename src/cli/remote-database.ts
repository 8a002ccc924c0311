import { ImportJobs } from '../client/import-jobs.js'
import type { MilvusClient } from '../client/milvus-client.js'
import { MilvusException } from '../client/milvus-exception.js'
import { RestClient } from '../client/rest-client.js'
import { errorKinds } from '../errors.js'
import type { Database } from './database.js'
import { isSecure, isThisMachine, plainAddressOf } from './server-address.js'
import type { ServerPlace } from './server-place.js'
import { uploadTo } from './upload-file.js'

/** A running server: its catalog over gRPC, its import jobs over REST. */
export function remoteDatabase(place: ServerPlace): Database {
  const { address } = place
  const rest = new RestClient(address, place)
  const jobs = new ImportJobs(rest)
  return {
    name: address,
    seesLocalFiles: isThisMachine(address),
    upload: uploadTo(rest),

    hasCollection: (name) => hasCollection(rest, name),
    createCollection: ({ name, fields, metrics }) =>
      connected(place, async (client) => {
        await client.createCollection({ collectionName: name, fields })
        for (const [fieldName, metricType] of metrics) {
          await client.createIndex({ collectionName: name, fieldName, metricType })
        }
        await client.loadCollection(name)
      }),
    dropCollection: (name) => connected(place, (client) => client.dropCollection(name)),

    createImport: (job) => jobs.create(job),
    describeImport: (jobId) => jobs.describe(jobId),
    cancelImport: (jobId) => jobs.cancel(jobId),
    deleteImport: (jobId) => jobs.delete(jobId),
    importRejects: (jobId) => jobs.rejects(jobId),

    close: async () => {},
  }
}

async function connected(
  { address, token, dbName }: ServerPlace,
  work: (client: MilvusClient) => Promise<void>,
): Promise<void> {
  // gRPC takes longer to load than most commands take.
  const { connections } = await import('../client/connections.js')
  const { MilvusClient } = await import('../client/milvus-client.js')
  // Node's own variable, which fetch heeds and grpc-js does not.
  const serverPemPath = process.env.NODE_EXTRA_CA_CERTS
  await connections.connect({
    address: plainAddressOf(address),
    secure: isSecure(address),
    ...(serverPemPath ? { serverPemPath } : {}),
    ...{ token, dbName },
  })
  try {
    await work(new MilvusClient())
  } finally {
    connections.disconnect()
  }
}

async function hasCollection(rest: RestClient, collectionName: string): Promise<boolean> {
  try {
    await rest.post('/collections/describe', { collectionName })
    return true
  } catch (error) {
    const { code } = errorKinds.collectionNotFound
    if (error instanceof MilvusException && error.code === code) return false
    throw error
  }
}
