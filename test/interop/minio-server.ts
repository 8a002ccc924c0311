import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { freePort } from './served-millrace.js'

const readyWithinMs = 30_000

/** A MinIO of our own on a free port of this machine, with an empty folder, that forgets everything. */
export class MinioServer {
  readonly url: string
  readonly accessKey = 'millrace-test'
  readonly secretKey = 'a-secret-of-the-test'
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-minio-'))
  readonly #child: ChildProcess
  readonly #client: S3Client

  private constructor(binary: string, port: number) {
    this.url = `http://127.0.0.1:${port}`
    const keys = { MINIO_ROOT_USER: this.accessKey, MINIO_ROOT_PASSWORD: this.secretKey }
    const address = ['--address', `127.0.0.1:${port}`, '--console-address', '127.0.0.1:0']
    this.#child = spawn(binary, ['server', this.#folder, ...address], {
      env: { ...process.env, ...keys, MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
      stdio: 'ignore',
    })
    const { accessKey: accessKeyId, secretKey: secretAccessKey } = this
    const credentials = { accessKeyId, secretAccessKey }
    this.#client = new S3Client({
      endpoint: this.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
    })
  }

  static async start(binary: string): Promise<MinioServer> {
    const server = new MinioServer(binary, await freePort())
    await server.#becomesReady()
    return server
  }

  async makeBucket(name: string): Promise<void> {
    await this.#client.send(new CreateBucketCommand({ Bucket: name }))
  }

  async put(bucket: string, key: string, body: Uint8Array): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
  }

  async remove(bucket: string, key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
  }

  async stop(): Promise<void> {
    this.#client.destroy()
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM')
      await once(this.#child, 'exit')
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #becomesReady(): Promise<void> {
    const deadline = Date.now() + readyWithinMs
    while (Date.now() < deadline) {
      const isLive = await fetch(`${this.url}/minio/health/live`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (isLive) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await this.stop()
    throw new Error(`MinIO was not ready within ${readyWithinMs} ms`)
  }
}
