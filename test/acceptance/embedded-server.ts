import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pino } from 'pino'
import {
  BulkInsertState,
  connections,
  MilvusClient,
  type NewField,
  type Row,
  utility,
} from '../../dist/client/index.js'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import { DataType } from '../../dist/schema/data-type.js'
import { type RunningServer, startServer } from '../../dist/server/serve.js'

export interface Answer<Data = Record<string, unknown>> {
  readonly code: number
  readonly message?: string
  readonly data: Data
}

export interface Job {
  readonly jobId: string
  readonly state: string
  readonly reason?: string
  readonly importedRows: number
  readonly totalRows: number
  readonly details: readonly { readonly fileName: string; readonly importedRows: number }[]
}

interface Extras {
  readonly partitionName?: string
  readonly options?: Readonly<Record<string, string>>
}

const endsWithinMs = 60_000
let opened = 0

/** An engine behind a real port, with the TypeScript client at it, and files in its import root. */
export class EmbeddedServer {
  readonly client: MilvusClient
  readonly using: string
  readonly importRoot: string
  readonly #engine: EmbeddedEngine
  readonly #server: RunningServer
  readonly #folder: string

  private constructor(folder: string, engine: EmbeddedEngine, server: RunningServer) {
    this.#folder = folder
    this.#engine = engine
    this.#server = server
    this.importRoot = join(folder, 'files')
    this.using = `acceptance-${++opened}`
    this.client = new MilvusClient({ using: this.using })
  }

  static async open(more: { readonly cleanedAfterMs?: number } = {}): Promise<EmbeddedServer> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-acceptance-'))
    mkdirSync(join(folder, 'files'))
    const log = pino({ level: 'silent' })
    const importRoots = [join(folder, 'files')]
    const engine = await EmbeddedEngine.open({
      dataPath: join(folder, 'data'),
      importRoots,
      log: { info: () => {}, error: (message, detail) => console.error(message, detail) },
      ...more,
    })
    const running = await startServer(engine, { host: '127.0.0.1', port: 0, log })
    const server = new EmbeddedServer(folder, engine, running)
    const { port } = running
    await connections.connect({ alias: server.using, host: '127.0.0.1', port })
    return server
  }

  async close(): Promise<void> {
    connections.disconnect(this.using)
    await this.#server.close()
    await this.#engine.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Puts a file into the import root and gives the path that imports know it by. */
  write(path: string, content: string | Uint8Array): string {
    mkdirSync(dirname(join(this.importRoot, path)), { recursive: true })
    writeFileSync(join(this.importRoot, path), content)
    return path
  }

  async create(
    collectionName: string,
    fields: readonly NewField[],
    { enableDynamicField = false, isLoaded = true } = {},
  ): Promise<void> {
    await this.client.createCollection({ collectionName, fields, enableDynamicField })
    if (isLoaded) await this.indexAndLoad(collectionName, fields)
  }

  async indexAndLoad(collectionName: string, fields: readonly NewField[]): Promise<void> {
    await this.index(collectionName, fields)
    await this.client.loadCollection(collectionName)
  }

  async index(collectionName: string, fields: readonly NewField[]): Promise<void> {
    for (const { name: fieldName, dataType } of fields) {
      const metricType = metrics.get(dataType)
      if (metricType === undefined) continue
      await this.client.createIndex({ collectionName, fieldName, metricType })
    }
  }

  /** Asks for a bulk insert over gRPC and waits for its end, whatever it is. */
  async bulkInsert(
    collectionName: string,
    files: readonly string[],
    extras: Extras = {},
  ): Promise<BulkInsertState> {
    const { using } = this
    const taskId = await utility.doBulkInsert({ collectionName, files, using, ...extras })
    return ended(async () => {
      const state = await utility.getBulkInsertState({ taskId, using })
      return { isEnded: finalStates.includes(state.state), state }
    })
  }

  /** Of all bulk inserts into a collection. */
  states(collectionName: string): Promise<BulkInsertState[]> {
    return utility.listBulkInsertTasks({ collectionName, using: this.using })
  }

  /** Asks for a job over REST and waits for its end, whatever it is. */
  async job(
    collectionName: string,
    files: readonly (readonly string[])[],
    extras: Extras & { readonly dbName?: string } = {},
  ): Promise<Job> {
    const created = await this.post<Job>('/jobs/import/create', {
      collectionName,
      files,
      ...extras,
    })
    if (created.code !== 0) throw new Error(`${created.code}: ${created.message}`)
    return this.jobEnded(created.data.jobId)
  }

  jobEnded(jobId: string, ...states: readonly string[]): Promise<Job> {
    return ended(async () => {
      const { data: state } = await this.post<Job>('/jobs/import/describe', { jobId })
      return { isEnded: [...states, 'Completed', 'Failed'].includes(state.state), state }
    })
  }

  async post<Data = Record<string, unknown>>(path: string, body: unknown): Promise<Answer<Data>> {
    const response = await fetch(`http://127.0.0.1:${this.#server.port}/v2/vectordb${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await response.json()) as Answer<Data>
  }

  /** As `post`, of what must not be refused. */
  async data<Data>(path: string, body: unknown): Promise<Data> {
    const { code, message, data } = await this.post<Data>(path, body)
    if (code !== 0) throw new Error(`${path}: ${code}: ${message}`)
    return data
  }

  async count(collectionName: string, partitionNames: readonly string[] = []): Promise<number> {
    const query = { collectionName, partitionNames, outputFields: ['count(*)'] }
    const [row] = await this.client.query({ ...query, consistencyLevel: 'Strong' })
    return Number(row?.['count(*)'])
  }

  query(collectionName: string, filter: string, ...outputFields: string[]): Promise<Row[]> {
    const consistencyLevel = 'Strong' as const
    return this.client.query({ collectionName, filter, outputFields, consistencyLevel })
  }
}

const metrics: ReadonlyMap<DataType, string> = new Map([
  [DataType.FloatVector, 'L2'],
  [DataType.Float16Vector, 'L2'],
  [DataType.BFloat16Vector, 'L2'],
  [DataType.Int8Vector, 'L2'],
  [DataType.BinaryVector, 'HAMMING'],
  [DataType.SparseFloatVector, 'IP'],
])

const { ImportCompleted, ImportFailed, ImportFailedAndCleaned } = BulkInsertState
const finalStates: readonly number[] = [ImportCompleted, ImportFailed, ImportFailedAndCleaned]

async function ended<State>(
  look: () => Promise<{ readonly isEnded: boolean; readonly state: State }>,
): Promise<State> {
  const deadline = Date.now() + endsWithinMs
  while (true) {
    const { isEnded, state } = await look()
    if (isEnded) return state
    if (Date.now() > deadline) throw new Error(`not ended after ${endsWithinMs} ms: ${state}`)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}
