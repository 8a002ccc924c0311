import type { Column } from '../column/column.js'
import { MillraceError, millraceErrorFrom } from '../errors.js'
import { familyFor } from '../indexes/families.js'
import type { IndexedVectors } from '../indexes/index-family.js'
import type { VectorMemory } from '../kernels/vector-memory.js'
import type { VectorRegion } from '../kernels/vector-region.js'
import { DataType } from '../schema/data-type.js'
import { Serial } from '../util/serial.js'
import type { WorkerPool } from '../workers/worker-job.js'
import type { DataDirectory } from './data-directory.js'
import { writeIndex } from './index-files.js'
import type { BuiltIndex } from './records.js'
import type { ScalarIndexInput } from './scalar-index-job.js'
import type { WantedScalarIndex, WantedVectorIndex } from './wanted-indexes.js'

interface BuilderContext {
  readonly directory: DataDirectory
  readonly memory: VectorMemory
  readonly pool: WorkerPool
  /** Told when an index that nobody waits for could not be built; it is tried again after a start. */
  readonly onBuildError: (segmentId: bigint, error: unknown) => void
  /** Told when the file of an index is not what was written. */
  readonly onDamaged: (segmentId: bigint, error: unknown) => void
}

interface VectorsToBuild {
  readonly vectors: IndexedVectors
  release(): void
}

/** One index of one segment, to be built. */
export type IndexWork = VectorIndexWork | ScalarIndexWork

export interface VectorIndexWork {
  readonly kind: 'vector'
  readonly segmentId: bigint
  readonly wanted: WantedVectorIndex
  /** False once nobody would take it: its rows or the index were dropped, or lie elsewhere now. */
  isWanted(): boolean
  /**
   * The vectors in kernel memory, until `release`.
   * @param isApart in a memory with room beside them
   */
  vectors(isApart: boolean): Promise<VectorsToBuild>
  /** Takes the built index: its file is durable. The region is the taker's. */
  take(built: BuiltIndex, region: VectorRegion): Promise<void>
}

export interface ScalarIndexWork {
  readonly kind: 'scalar'
  readonly segmentId: bigint
  readonly wanted: WantedScalarIndex
  readonly rowCount: number
  /** As of a vector index. */
  isWanted(): boolean
  /** The rows' column of the field, as it lies in the segment. */
  column(): Promise<Column>
  /** Takes the built index: its file is durable. */
  take(built: BuiltIndex): Promise<void>
}

/** Rows whose indexes are built in the background. */
interface IndexedRows {
  /** The next index that is missing; undefined: none. */
  nextIndexWork(isRefused: (segmentId: bigint, indexId: bigint) => boolean): IndexWork | undefined
}

/**
 * Builds the indexes of sealed segments, one after the other: each uses all threads of the batch lane.
 * Which are missing is seen from the segments themselves, so that a start goes on where a crash left off.
 */
export class IndexBuilder {
  readonly #context: BuilderContext
  readonly #serial = new Serial()
  readonly #abort = new AbortController()
  readonly #asked = new Set<IndexedRows>()
  /** What could not be built, or not be read. */
  readonly #failures = new Map<string, string>()
  readonly #damaged = new Set<string>()
  #running: { readonly key: string; readonly rows: number } | null = null

  constructor(context: BuilderContext) {
    this.#context = context
  }

  /** Builds what the rows lack, in the background. */
  ask(rows: IndexedRows): void {
    if (this.#asked.has(rows) || this.#abort.signal.aborted) return
    this.#asked.add(rows)
    void this.#serial.run(async () => this.#buildNext(rows))
  }

  /**
   * Builds one index now, after what is under way.
   * @throws whatever went wrong, `cancelled` when the signal says so, at once while it waits
   */
  async build(
    work: IndexWork,
    signal: AbortSignal,
    onProgress: (rows: number) => void = () => {},
  ): Promise<void> {
    let isBegun = false
    const built = this.#serial.run(() => {
      isBegun = true
      return this.#build(work, signal, onProgress)
    })
    let abort = () => {}
    const cancelled = new Promise<never>((_, reject) => {
      abort = () => {
        if (!isBegun) reject(cancelledError())
      }
    })
    signal.addEventListener('abort', abort)
    try {
      await Promise.race([built, cancelled])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Rows done of an index that is being built; 0 for any other. */
  rowsDone(segmentId: bigint, indexId: bigint): number {
    return this.#running?.key === keyOf(segmentId, indexId) ? this.#running.rows : 0
  }

  /** Why an index could not be built; undefined: it could, or was not tried. */
  failure(segmentId: bigint, indexId: bigint): string | undefined {
    return this.#failures.get(keyOf(segmentId, indexId))
  }

  noteDamaged(segmentId: bigint, indexId: bigint, error: unknown): void {
    this.#damaged.add(keyOf(segmentId, indexId))
    this.#context.onDamaged(segmentId, error)
  }

  isDamaged(segmentId: bigint, indexId: bigint): boolean {
    return this.#damaged.has(keyOf(segmentId, indexId))
  }

  /** Stops what is under way and waits for its end. */
  async close(): Promise<void> {
    this.#abort.abort()
    await this.#serial.idle()
  }

  /** One index, and then another turn: what others asked for comes between. */
  async #buildNext(rows: IndexedRows): Promise<void> {
    this.#asked.delete(rows)
    if (this.#abort.signal.aborted) return
    const work = rows.nextIndexWork((segmentId, indexId) =>
      this.#failures.has(keyOf(segmentId, indexId)),
    )
    if (!work) return
    try {
      await this.#build(work, this.#abort.signal, () => {})
    } catch (error) {
      this.#noteFailure(work, error)
    }
    this.ask(rows)
  }

  #noteFailure(work: IndexWork, error: unknown): void {
    if (this.#abort.signal.aborted || !work.isWanted()) return
    const { segmentId, wanted } = work
    const reason = error instanceof Error ? error.message : String(error)
    this.#failures.set(keyOf(segmentId, wanted.indexId), reason)
    this.#context.onBuildError(segmentId, error)
  }

  async #build(
    work: IndexWork,
    asked: AbortSignal,
    onProgress: (rows: number) => void,
  ): Promise<void> {
    const unwanted = new AbortController()
    const signal = AbortSignal.any([asked, this.#abort.signal, unwanted.signal])
    if (signal.aborted) throw cancelledError()
    const key = keyOf(work.segmentId, work.wanted.indexId)
    const running = { key, rows: 0 }
    this.#running = running
    const progress = (rows: number) => {
      running.rows = Math.max(running.rows, rows)
      if (!work.isWanted()) unwanted.abort()
      onProgress(running.rows)
    }
    try {
      if (work.kind === 'scalar') await this.#buildScalar(work, signal)
      else await this.#buildVector(work, signal, progress)
      this.#damaged.delete(key)
    } finally {
      this.#running = null
    }
  }

  async #buildScalar(work: ScalarIndexWork, signal: AbortSignal): Promise<void> {
    const { segmentId, wanted, rowCount } = work
    const { indexId, field, json, grams } = wanted
    const isOfGeometries = field.dataType === DataType.Geometry
    const input = { column: await work.column(), rowCount, isOfGeometries, json, grams }
    const bytes = await this.#context.pool.run<ScalarIndexInput, Uint8Array>(scalarJob, input, {
      lane: 'batch',
      signal,
    })
    const name = { segmentId, indexId, fieldId: field.fieldId }
    await work.take(await writeIndex(this.#context, name, bytes, signal))
  }

  #buildVector(
    work: VectorIndexWork,
    signal: AbortSignal,
    onProgress: (rows: number) => void,
  ): Promise<void> {
    return this.#buildBeside(work, false, signal, onProgress).catch((error) => {
      // The memory of the vectors may be full while others have room.
      if (millraceErrorFrom(error).kind !== 'memoryExceeded') throw error
      return this.#buildBeside(work, true, signal, onProgress)
    })
  }

  async #buildBeside(
    work: VectorIndexWork,
    isApart: boolean,
    signal: AbortSignal,
    onProgress: (rows: number) => void,
  ): Promise<void> {
    const { segmentId, wanted } = work
    const { spec, indexId, field } = wanted
    const { memory, pool } = this.#context
    const { vectors, release } = await work.vectors(isApart)
    try {
      const family = familyFor(spec, vectors.rowCount)!
      const region = await family.build({ pool, memory, vectors, spec, signal, onProgress })
      const name = { segmentId, indexId, fieldId: field.fieldId }
      const built = await freeingOnError(memory, region, () =>
        writeIndex(this.#context, name, memory.bytesOf(region), signal),
      )
      await work.take(built, region)
    } finally {
      release()
    }
  }
}

const scalarJob = new URL('./scalar-index-job.js', import.meta.url)

function cancelledError(): MillraceError {
  return new MillraceError('cancelled', 'the build of an index was cancelled')
}

async function freeingOnError<Result>(
  memory: VectorMemory,
  region: VectorRegion,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    memory.free(region)
    throw error
  }
}

function keyOf(segmentId: bigint, indexId: bigint): string {
  return `${segmentId}-${indexId}`
}
