import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FixedColumn } from '../../dist/column/column.js'
import { EmbeddedEngine } from '../../dist/engines/embedded/embedded-engine.js'
import type { CollectionSchema } from '../../dist/schema/collection-schema.js'

/** An engine over a folder of its own. */
export class OpenEngine {
  engine: EmbeddedEngine
  readonly folder: string
  /** What the engine logged as errors. */
  readonly errors: string[]
  /** What belongs to each of them. */
  readonly details: object[]
  /** What else it logged, with what belongs to it. */
  readonly notes: [message: string, detail: object][]
  readonly #clock: { aheadMs: number }

  private constructor(around: Surroundings, engine: EmbeddedEngine) {
    this.folder = around.folder
    this.errors = around.errors
    this.details = around.details
    this.notes = around.notes
    this.#clock = around.clock
    this.engine = engine
  }

  static async open(): Promise<OpenEngine> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-engine-'))
    mkdirSync(join(folder, 'files'))
    const around = { folder, clock: { aheadMs: 0 }, errors: [], details: [], notes: [] }
    return new OpenEngine(around, await openEngine(around))
  }

  /** Lets time go by. */
  pass(ms: number): void {
    this.#clock.aheadMs += ms
  }

  get importRoot(): string {
    return join(this.folder, 'files')
  }

  /** @param meanwhile what happens to its folder while it is closed */
  async reopen(meanwhile = async (_: string) => {}): Promise<void> {
    await this.engine.close()
    await meanwhile(join(this.folder, 'data'))
    const { folder, errors, details, notes } = this
    this.engine = await openEngine({ folder, errors, details, notes, clock: this.#clock })
  }

  async remove(): Promise<void> {
    await this.engine.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async create(dbName: string, schema: CollectionSchema, properties = {}): Promise<void> {
    await this.engine.createCollection({
      dbName,
      schema,
      shardsNum: 1,
      consistencyLevel: 2,
      properties: Object.entries<string>(properties),
      numPartitions: 0,
    })
  }

  /** With an index on its field `vector`. */
  async createLoaded(dbName: string, schema: CollectionSchema, properties = {}): Promise<void> {
    await this.create(dbName, schema, properties)
    await this.engine.createIndex({
      dbName,
      collectionName: schema.name,
      fieldName: 'vector',
      indexName: '',
      params: [
        ['index_type', 'FLAT'],
        ['metric_type', 'L2'],
      ],
    })
    await this.engine.load(dbName, schema.name, [])
  }

  /** All rows in the order of their keys: a list of numbers for each field. */
  async numbers(dbName: string, collectionName: string, outputFields: string[]) {
    const { fields } = await this.engine.query({
      dbName,
      collectionName,
      partitionNames: [],
      filter: '',
      outputFields,
      limit: null,
      offset: 0,
    })
    return outputFields.map((name) => {
      const found = fields.find(({ field }) => field.name === name)!
      return [...(found.column as FixedColumn).values].map(Number)
    })
  }
}

interface Surroundings {
  readonly folder: string
  readonly clock: { aheadMs: number }
  readonly errors: string[]
  readonly details: object[]
  readonly notes: [message: string, detail: object][]
}

function openEngine({
  folder,
  clock,
  errors,
  details,
  notes,
}: Surroundings): Promise<EmbeddedEngine> {
  return EmbeddedEngine.open({
    dataPath: join(folder, 'data'),
    nowMs: () => Date.now() + clock.aheadMs,
    importRoots: [join(folder, 'files')],
    log: {
      info: (message, more) => notes.push([message, more ?? {}]),
      error: (message, more) => {
        errors.push(message)
        details.push(more ?? {})
      },
    },
  })
}
