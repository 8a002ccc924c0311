import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connections, DataType, MilvusClient } from '../../dist/client/index.js'
import { npyBytes } from '../../dist/formats/npy/npy-writer.js'
import { MinioServer } from './minio-server.js'
import { ServedMillrace } from './served-millrace.js'

const binary = process.env.MILLRACE_MINIO ?? ''

describe.skipIf(binary === '')('MinIO (needs its program in the cache)', () => {
  let minio: MinioServer
  let server: ServedMillrace

  beforeAll(async () => {
    minio = await MinioServer.start(binary)
    await minio.makeBucket('lake')
    server = await ServedMillrace.start({
      args: ['--s3-endpoint', minio.url, '--allow-http-host', new URL(minio.url).host],
      env: { MILLRACE_S3_ACCESS_KEY: minio.accessKey, MILLRACE_S3_SECRET_KEY: minio.secretKey },
    })
    await connections.connect({ host: '127.0.0.1', port: String(server.port) })
    await new MilvusClient().createCollection({
      collectionName: 'rivers',
      fields: [
        { name: 'id', dataType: DataType.Int64, isPrimary: true },
        { name: 'vector', dataType: DataType.FloatVector, dim: 64 },
      ],
    })
  })
  afterAll(async () => {
    connections.disconnect()
    await server?.stop()
    await minio?.stop()
  })

  async function post(path: string, body: object) {
    const response = await fetch(`http://127.0.0.1:${server.port}/v2/vectordb/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.json()
  }

  async function imported(...files: string[][]) {
    const created = await post('jobs/import/create', { collectionName: 'rivers', files })
    if (created.code !== 0) return created
    const { jobId } = created.data
    for (;;) {
      const { data } = await post('jobs/import/describe', { jobId })
      if (data.state === 'Completed' || data.state === 'Failed') return data
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async function putSet(folder: string, begin: number, rowCount: number): Promise<string[]> {
    const ids = BigInt64Array.from({ length: rowCount }, (_, row) => BigInt(begin + row))
    const vectors = Float32Array.from({ length: rowCount * 64 }, (_, at) => Math.sin(at + begin))
    await minio.put('lake', `${folder}/id.npy`, npyBytes(ids))
    await minio.put('lake', `${folder}/vector.npy`, npyBytes(vectors, [rowCount, 64]))
    return ['id', 'vector'].map((field) => `s3://lake/${folder}/${field}.npy`)
  }

  it('gives objects by name, by prefix and by pattern', async () => {
    const big = await putSet('big one/ä', 0, 120_000)
    expect(await imported(big)).toMatchObject({ state: 'Completed', importedRows: 120_000 })
    for (const folder of ['parts/10', 'parts/2']) await putSet(folder, 200_000, 100)
    const byPrefix = await imported(['s3://lake/parts/'])
    expect(byPrefix).toMatchObject({ state: 'Completed', importedRows: 200 })
    expect(byPrefix.details.map(({ fileName }: { fileName: string }) => fileName)).toEqual([
      '[s3://lake/parts/2/id.npy s3://lake/parts/2/vector.npy]',
      '[s3://lake/parts/10/id.npy s3://lake/parts/10/vector.npy]',
    ])
    expect(await imported(['s3://lake/parts/1*/*.npy'])).toMatchObject({ importedRows: 100 })
  })

  it('gives row files, a group each, of several formats', async () => {
    const vector = `[${Array.from({ length: 64 }, (_, at) => at / 64).join(', ')}]`
    const lines = Array.from({ length: 3_000 }, (_, row) => `{"id": ${row}, "vector": ${vector}}`)
    const rows = Array.from({ length: 2_000 }, (_, row) => `${row},"${vector}"`)
    await minio.put('lake', 'rows/a.jsonl', Buffer.from(lines.join('\n')))
    await minio.put('lake', 'rows/b.csv', Buffer.from(['id,vector', ...rows].join('\n')))
    const job = await imported(['s3://lake/rows/'])
    expect(job).toMatchObject({ state: 'Completed', importedRows: 5_000, totalRows: 5_000 })
    expect(job.details).toMatchObject([
      { fileName: '[s3://lake/rows/a.jsonl]', importedRows: 3_000 },
      { fileName: '[s3://lake/rows/b.csv]', importedRows: 2_000 },
    ])
  })

  it('names what is missing, and what is near it', async () => {
    await putSet('near', 0, 10)
    const { state, reason } = await imported(['s3://lake/near/id.npy', 's3://lake/near/vectr.npy'])
    expect(state).toBe('Failed')
    expect(reason).toContain(
      `The specified key does not exist.: looked for the key 'near/vectr.npy' in the bucket 'lake' at ${minio.url}; near it: 'near/vector.npy', 'near/id.npy'`,
    )
    const noBucket = await imported(['s3://sea/id.npy', 's3://sea/vector.npy'])
    expect(noBucket.reason).toContain('NoSuchBucket')
    const nothing = await imported(['s3://lake/nowhere/'])
    expect(nothing).toMatchObject({ code: 2100 })
    expect(nothing.message).toContain('got no file')
  })

  it('is told apart from a web host whose pages may not be read', async () => {
    const { reason } = await imported(
      ['id', 'vector'].map((field) => `${minio.url}/lake/near/${field}.npy`),
    )
    expect(reason).toMatch(/the server answered with status 403/)
    const other = await imported(
      [['http://127.0.0.1:1/id.npy', 'http://127.0.0.1:1/vector.npy']].flat(),
    )
    expect(other.reason).toContain("the host '127.0.0.1:1' is not allowed")
  })

  it('sees its keys nowhere but on the way', async () => {
    const secret = Buffer.from(minio.secretKey)
    expect(server.log).not.toContain(minio.secretKey)
    expect(server.log).not.toContain('Warning')
    const entries = await readdir(server.dataDirectory, { recursive: true, withFileTypes: true })
    for (const entry of entries.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name)
      expect(readFileSync(path).includes(secret), path).toBe(false)
    }
  })
})
