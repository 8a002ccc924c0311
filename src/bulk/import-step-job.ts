import type { ColumnBatch } from '../column/column.js'
import { MillraceError } from '../errors.js'
import type { BatchReader, Checkpoint } from '../formats/format.js'
import type { ByteSource } from '../source/byte-source.js'
import type { WorkerContext } from '../workers/worker-job.js'
import { nextCheckedRows } from './checked-rows.js'
import { type FileGroup, withFileGroup } from './file-group.js'
import { errorInFile } from './file-rows.js'
import type { ImportStep, ImportStepInput } from './import-step.js'
import { openPart } from './open-part.js'
import { countPartitionRows } from './partition-rows.js'
import { StepRejects } from './step-rejects.js'
import { StepWriter } from './step-writer.js'

/** As many segments are open at once; of counted rows for more partitions the files are read several times. */
const openSegmentsMax = 256

const tellEveryMs = 20

/**
 * Reads rows from where the step before it ended, checks them, and writes them into sealed segments: to
 * the part's end where its rows are counted, else until a segment is full. Leaves no file behind when it
 * throws.
 * @throws importFailed naming file, row and field, expected and got
 */
export async function run(input: ImportStepInput, context: WorkerContext): Promise<ImportStep> {
  return withFileGroup(input.sources, async (group) => {
    checkUnchanged(group.sources, input.fingerprints)
    const step = new Step(group, input, context)
    try {
      await (input.part.rowCount === null ? step.readSome() : step.readAll())
      // A file that was written to meanwhile gave rows of two states.
      await withFileGroup(input.sources, async (again) => {
        checkUnchanged(again.sources, input.fingerprints)
      })
      return step.finish()
    } catch (error) {
      throw await errorInFile(error, group, input)
    } finally {
      step.close()
    }
  })
}

function checkUnchanged(sources: readonly ByteSource[], fingerprints: readonly string[]): void {
  sources.forEach(({ name, fingerprint }, index) => {
    if (fingerprint === fingerprints[index]) return
    throw new MillraceError(
      'importFailed',
      `the file '${name}' changed while it was imported: expected the state ${fingerprints[index]}, got ${fingerprint}`,
      { file: name },
    )
  })
}

class Step {
  readonly #group: FileGroup
  readonly #input: ImportStepInput
  readonly #context: WorkerContext
  readonly #writer: StepWriter
  readonly #rejects: StepRejects
  #checkpoint: Checkpoint
  readonly #warnings = new Set<string>()
  #bytesRead = 0
  #toldAt = Number.NEGATIVE_INFINITY
  #isDone = false

  constructor(group: FileGroup, input: ImportStepInput, context: WorkerContext) {
    this.#group = group
    this.#input = input
    this.#context = context
    this.#writer = new StepWriter(input)
    this.#rejects = new StepRejects(input.unitIndex, input.rejectsMax ?? 0)
    this.#checkpoint = input.from ?? { position: input.part.begin, row: 0 }
  }

  finish(): ImportStep {
    return {
      segments: this.#writer.finish(),
      checkpoint: this.#checkpoint,
      bytesRead: this.#bytesRead,
      rowCount: this.#writer.rowCount,
      autoIdBegin: this.#input.autoIdBegin,
      rejectedCount: this.#rejects.count,
      rejects: this.#rejects.text,
      badRows: this.#rejects.first,
      warnings: [...this.#warnings],
      isDone: this.#isDone,
    }
  }

  close(): void {
    this.#writer.close()
  }

  /** Reads a part whose rows are counted: each segment is made as large as it has to be. */
  async readAll(): Promise<void> {
    const partitionRows = await countPartitionRows(this.#group, this.#input, this.#context)
    this.#writer.expectCounted(partitionRows)
    const filled = partitionRows.flatMap((rowCount, index) => (rowCount > 0 ? [index] : []))
    const passCount = Math.max(1, Math.ceil(filled.length / openSegmentsMax))
    for (let pass = 0; pass < passCount; pass++) {
      const wanted = filled.slice(pass * openSegmentsMax, (pass + 1) * openSegmentsMax)
      await this.#readPass(wanted, pass, passCount)
    }
    this.#isDone = true
    this.#checkRowCount()
  }

  async #readPass(wanted: readonly number[], pass: number, passCount: number): Promise<void> {
    const { bytes } = this.#input.part
    this.#writer.rowCount = 0
    await this.#withReader(async (reader) => {
      for (;;) {
        const batch = await this.#next(reader)
        if (pass === 0) this.#rejects.keepBatch()
        else this.#rejects.dropBatch()
        this.#noteRead(reader)
        if (batch === null) return
        this.#writer.write(batch, wanted)
        // Told only now: what is shown as done has been checked and written.
        this.#tell((pass * bytes + this.#bytesRead) / passCount)
      }
    })
  }

  #checkRowCount(): void {
    const { part, sources } = this.#input
    const { row } = this.#checkpoint
    if (row === part.rowCount) return
    const { name: file } = sources[0]
    throw new MillraceError(
      'importFailed',
      `${file}: row ${row}: the file ends early: expected ${part.rowCount} rows here, got ${row}`,
      { file, row },
    )
  }

  /** Reads until a segment is full. */
  readSome(): Promise<void> {
    return this.#withReader(async (reader) => {
      while (await this.#readBatch(reader));
    })
  }

  /** @returns whether the step goes on */
  async #readBatch(reader: BatchReader): Promise<boolean> {
    const batch = await this.#next(reader)
    if (batch !== null && !this.#writer.hasRoom(batch)) {
      this.#rejects.dropBatch() // The next step reads it again.
      return false
    }
    this.#rejects.keepBatch()
    this.#noteRead(reader)
    this.#isDone = batch === null
    if (batch === null) return false
    this.#writer.expectAbout(this.#rowsExpected(reader, batch), batch)
    this.#writer.write(batch, null)
    this.#tell(this.#bytesRead)
    return !this.#writer.isFull && !this.#rejects.isFull
  }

  /** Not each batch is worth a message, which wakes the main thread. */
  #tell(bytesRead: number): void {
    const now = performance.now()
    if (now - this.#toldAt < tellEveryMs) return
    this.#toldAt = now
    this.#context.reportProgress(bytesRead)
  }

  /** By what rows took so far. */
  #rowsExpected({ bytesRead, checkpoint }: BatchReader, batch: ColumnBatch): number {
    const bytesPerRow = Math.max(1, bytesRead / Math.max(1, checkpoint.row))
    const bytesLeft = Math.max(0, this.#input.part.bytes - bytesRead)
    return batch.rowCount + Math.ceil(bytesLeft / bytesPerRow)
  }

  async #next(reader: BatchReader): Promise<ColumnBatch | null> {
    const { columns } = this.#input
    const batch = await nextCheckedRows(reader, columns.fields, this.#rejectsOrNull())
    this.#context.throwIfCancelled()
    return batch
  }

  #noteRead({ checkpoint, bytesRead }: BatchReader): void {
    this.#checkpoint = checkpoint
    this.#bytesRead = Math.min(bytesRead, this.#input.part.bytes)
  }

  async #withReader(work: (reader: BatchReader) => Promise<void>): Promise<void> {
    const { fields } = this.#input.columns
    const reader = await openPart(this.#group, this.#input, fields, this.#rejectsOrNull())
    try {
      await work(reader)
      for (const warning of reader.warnings ?? []) this.#warnings.add(warning)
    } finally {
      reader.close()
    }
  }

  #rejectsOrNull(): StepRejects | null {
    return this.#input.rejectsMax === null ? null : this.#rejects
  }
}
