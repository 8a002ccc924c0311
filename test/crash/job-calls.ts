import { expect } from 'vitest'
import type { ImportTask } from '../../dist/bulk/import-task.js'
import { keyFromId, Store } from '../../dist/storage/store.js'
import { type CrashServer, sleep } from './crash-server.js'

/** What tests of killed servers ask of import jobs, over REST v2. */
export class JobCalls {
  readonly #server: CrashServer

  constructor(server: CrashServer) {
    this.#server = server
  }

  async create(collectionName: string, files: readonly (readonly string[])[], options = {}) {
    const { code, data } = await this.#server.post('/create', { collectionName, files, options })
    expect(code).toBe(0)
    return data.jobId
  }

  async describe(jobId: string) {
    return (await this.#server.post('/describe', { jobId })).data
  }

  async reaches(jobId: string, ...states: string[]) {
    for (let waited = 0; waited < 60_000; waited += 5) {
      const job = await this.describe(jobId)
      if (states.includes(job.state)) return job
      await sleep(5)
    }
    throw new Error(`job ${jobId} is never ${states}`)
  }

  /** What the store of a dead server has of a job. */
  async durable(jobId: string): Promise<ImportTask | undefined> {
    const store = Store.open(this.#server.dataPath)
    const task = store.get<ImportTask>('tasks', keyFromId(BigInt(jobId)))
    await store.close()
    return task
  }
}
