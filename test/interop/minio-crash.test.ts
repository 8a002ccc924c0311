import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ImportTask } from '../../dist/bulk/import-task.js'
import { MilvusClient } from '../../dist/client/index.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { CrashServer, sleep } from '../crash/crash-server.js'
import { JobCalls } from '../crash/job-calls.js'
import { createCollection, dim, faultsOf, idsFrom } from '../crash/rows.js'
import { MinioServer } from './minio-server.js'

const client = new MilvusClient({ timeout: 20 })
const binary = process.env.MILLRACE_MINIO ?? ''

describe.skipIf(binary === '')('kill -9 under imports from MinIO (needs its program)', () => {
  const groupCount = 12
  const rowsOfGroup = 10_000
  const groups = Array.from({ length: groupCount }, (_, group) =>
    ['id', 'vector'].map((field) => `s3://lake/${group}/${field}.npy`),
  )
  let minio: MinioServer
  let server: CrashServer
  let jobs: JobCalls

  beforeAll(async () => {
    minio = await MinioServer.start(binary)
    await minio.makeBucket('lake')
    for (let group = 0; group < groupCount; group++) await putGroup(group)
    server = new CrashServer({
      args: ['--s3-endpoint', minio.url],
      env: { MILLRACE_S3_ACCESS_KEY: minio.accessKey, MILLRACE_S3_SECRET_KEY: minio.secretKey },
    })
    jobs = new JobCalls(server)
    await server.start()
  })
  afterAll(async () => {
    await server?.remove()
    await minio?.stop()
  })

  async function putGroup(group: number): Promise<void> {
    const ids = BigInt64Array.from({ length: rowsOfGroup }, (_, row) =>
      BigInt(group * rowsOfGroup + row),
    )
    const vectors = Float32Array.from({ length: rowsOfGroup * dim }, (_, at) => {
      const id = group * rowsOfGroup + Math.floor(at / dim)
      return ((id * 31 + (at % dim) * 17) % 4093) / 4093
    })
    await minio.put('lake', `${group}/id.npy`, npyBytes(ids))
    await minio.put('lake', `${group}/vector.npy`, npyBytes(vectors, [rowsOfGroup, dim]))
  }

  /** Killed when some groups are durable and others are not. @returns the durable task */
  async function killedMidway(name: string): Promise<{ jobId: string; durable: ImportTask }> {
    for (;;) {
      const jobId = await jobs.create(name, groups)
      while ((await jobs.describe(jobId)).importedRows === 0) await sleep(1)
      await server.kill()
      const durable = await jobs.durable(jobId)
      if (durable?.state === 2) return { jobId, durable }
      await server.start()
      await jobs.reaches(jobId, 'Completed')
      await client.dropCollection(name)
      await createCollection(name)
    }
  }

  it('goes on from the last durable group', async () => {
    const name = 'resumed'
    await createCollection(name)
    const { jobId, durable } = await killedMidway(name)
    await server.start()
    const job = await jobs.reaches(jobId, 'Completed', 'Failed')
    expect([job.state, job.reason]).toEqual(['Completed', undefined])
    const { segment_ids } = await server.connection.call('GetImportState', {
      task: BigInt(jobId),
    })
    expect(Array.from(segment_ids)).toEqual(expect.arrayContaining([...durable.segmentIds]))
    const ids = idsFrom(0, groupCount * rowsOfGroup)
    expect(await faultsOf(server.connection, name, ids)).toEqual([])
    await client.dropCollection(name)
  })

  it('fails where an object is another one by then, and names it', async () => {
    const name = 'changed'
    await createCollection(name)
    const { jobId, durable } = await killedMidway(name)
    const left = durable.plan!.units.findIndex(({ isDone }) => !isDone)
    const bytes = npyBytes(new Float32Array(rowsOfGroup * dim), [rowsOfGroup, dim])
    await minio.put('lake', `${left}/vector.npy`, bytes)
    await server.start()
    const job = await jobs.reaches(jobId, 'Completed', 'Failed')
    expect(job.state).toBe('Failed')
    expect(job.reason).toContain(`s3://lake/${left}/vector.npy`)
    expect(job.reason).toMatch(/changed/)
    expect(server.segmentFiles()).toEqual([])
    expect(await faultsOf(server.connection, name, [])).toEqual([])
  })
})
