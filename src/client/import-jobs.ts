import { type ImportJob, importJobFrom } from './import-job.js'
import type { RestClient } from './rest-client.js'

export interface NewImportJob {
  readonly collectionName: string
  readonly partitionName: string
  /** Each group is one row file, or a set of .npy files. */
  readonly fileGroups: readonly (readonly string[])[]
  readonly options: Readonly<Record<string, string>>
}

/** The import jobs of a server, over REST v2. Every call throws MilvusException. */
export class ImportJobs {
  readonly #rest: RestClient

  constructor(rest: RestClient) {
    this.#rest = rest
  }

  async create(job: NewImportJob): Promise<string> {
    const { collectionName, partitionName, fileGroups, options } = job
    const files = fileGroups
    const body = { collectionName, partitionName, files, options }
    return importJobFrom(await this.#rest.post('/jobs/import/create', body)).jobId
  }

  async describe(jobId: string): Promise<ImportJob> {
    return importJobFrom(await this.#rest.post('/jobs/import/describe', { jobId }))
  }

  /** Without their files. Empty `collectionName`: of all collections. */
  async list(collectionName: string): Promise<ImportJob[]> {
    const answer = await this.#rest.post('/jobs/import/list', { collectionName })
    const { records } = answer as { readonly records?: readonly unknown[] }
    return (records ?? []).map(importJobFrom)
  }

  /** Ends a job that is not committed yet. */
  async cancel(jobId: string): Promise<void> {
    await this.#rest.post('/jobs/import/cancel', { jobId })
  }

  /** Forgets a finished job. */
  async delete(jobId: string): Promise<void> {
    await this.#rest.post('/jobs/import/delete', { jobId })
  }

  /** The rows that it left out, as JSON lines. */
  rejects(jobId: string): AsyncIterable<Uint8Array> {
    return this.#rest.download(`/jobs/import/rejects?jobId=${encodeURIComponent(jobId)}`)
  }
}
