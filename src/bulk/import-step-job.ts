import { type ColumnBatch, columnBytes } from '../column/column.js'
import { gatherBatch } from '../column/slice.js'
import { MillraceError } from '../errors.js'
import type { BatchReader, Checkpoint, RejectedRow } from '../formats/format.js'
import type { Field } from '../schema/field.js'
import type { ByteSource } from '../source/byte-source.js'
import type { WorkerContext } from '../workers/worker-job.js'
import { withAutoIds } from './auto-ids.js'
import { nextCheckedRows } from './checked-rows.js'
import { type FileGroup, withFileGroup } from './file-group.js'
import { errorInFile } from './file-rows.js'
import type { ImportStep, ImportStepInput } from './import-step.js'
import { rowsByPartition } from './partition-router.js'
import { segmentRowsMaxOf } from './plan-import.js'
import { StepRejects } from './step-rejects.js'
import { UnitSegments } from './unit-segments.js'

/** As many segments are open at once; of counted rows for more partitions the files are read several times. */
const openSegmentsMax = 256
/** A step over many partitions ends when their segments are this large together. */
const stepBytesOfPartition = 64 * 1024 ** 2
const stepBytesMin = 512 * 1024 ** 2
const stepBytesMax = 4 * 1024 ** 3

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
  readonly #rejects: StepRejects
  #segments: UnitSegments | null = null
  #checkpoint: Checkpoint
  #bytesRead = 0
  #rowCount = 0
  #isDone = false

  constructor(group: FileGroup, input: ImportStepInput, context: WorkerContext) {
    this.#group = group
    this.#input = input
    this.#context = context
    this.#rejects = new StepRejects(input.unitIndex, input.rejectsMax ?? 0)
    this.#checkpoint = input.from ?? { position: input.part.begin, row: 0 }
  }

  finish(): ImportStep {
    return {
      segments: this.#segments?.finish() ?? [],
      checkpoint: this.#checkpoint,
      bytesRead: this.#bytesRead,
      rowCount: this.#rowCount,
      autoIdBegin: this.#input.autoIdBegin,
      rejectedCount: this.#rejects.count,
      rejects: this.#rejects.text,
      firstRejects: this.#rejects.first,
      isDone: this.#isDone,
    }
  }

  close(): void {
    this.#segments?.close()
  }

  /** Reads a part whose rows are counted: each segment is made as large as it has to be. */
  async readAll(): Promise<void> {
    const { part, sources } = this.#input
    const partitionRows = await this.#countPartitionRows()
    const filled = partitionRows.flatMap((rowCount, index) => (rowCount > 0 ? [index] : []))
    const passCount = Math.max(1, Math.ceil(filled.length / openSegmentsMax))
    for (let pass = 0; pass < passCount; pass++) {
      const wanted = filled.slice(pass * openSegmentsMax, (pass + 1) * openSegmentsMax)
      await this.#readPass(partitionRows, wanted, pass, passCount)
    }
    this.#isDone = true
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
  async readSome(): Promise<void> {
    const { columns } = this.#input
    const reader = await this.#open(columns.fields, true)
    try {
      while (await this.#readBatch(reader));
    } finally {
      reader.close()
    }
  }

  /** @returns whether the step goes on */
  async #readBatch(reader: BatchReader): Promise<boolean> {
    const { columns, part, partitionIds, rowsMax } = this.#input
    const batch = await nextCheckedRows(reader, columns.fields, this.#rejectsOrNull())
    this.#context.throwIfCancelled()
    const isOver = batch !== null && this.#rowCount > 0 && this.#rowCount + batch.rowCount > rowsMax
    const isCut = batch !== null && partitionIds.length === 1 && !this.#hasRoom(batch)
    if (isOver || isCut) {
      this.#rejects.dropBatch()
      return false
    }
    this.#rejects.keepBatch()
    this.#checkpoint = reader.checkpoint
    this.#bytesRead = reader.bytesRead
    if (batch === null) {
      this.#isDone = true
      return false
    }
    this.#expectRows(reader, batch)
    this.#take(batch, null)
    this.#context.reportProgress(Math.min(this.#bytesRead, part.bytes))
    return !this.#isFull()
  }

  #hasRoom(batch: ColumnBatch): boolean {
    return this.#segments?.hasRoom(0, batch.rowCount) ?? true
  }

  #isFull(): boolean {
    if (this.#rejects.isFull) return true
    const finishedCount = this.#segments?.finishedCount ?? 0
    const { partitionIds } = this.#input
    if (partitionIds.length === 1) return finishedCount > 0
    const bytesMax = Math.max(stepBytesMin, partitionIds.length * stepBytesOfPartition)
    return this.#writtenBytes >= Math.min(stepBytesMax, bytesMax)
  }

  #writtenBytes = 0

  /** Tells the segments how many rows are to come, by what rows took so far. */
  #expectRows(reader: BatchReader, batch: ColumnBatch): void {
    const { part, isDryRun } = this.#input
    if (isDryRun || batch.rowCount === 0) return
    this.#segments ??= this.#newSegments(null, rowBytesOf(batch))
    const bytesPerRow = reader.bytesRead / Math.max(1, reader.checkpoint.row)
    const bytesLeft = Math.max(0, part.bytes - reader.bytesRead)
    this.#segments.rowsExpected = batch.rowCount + Math.ceil(bytesLeft / Math.max(1, bytesPerRow))
  }

  async #readPass(
    partitionRows: readonly number[],
    wanted: readonly number[],
    pass: number,
    passCount: number,
  ): Promise<void> {
    const { columns, part, isDryRun } = this.#input
    const reader = await this.#open(columns.fields, true)
    this.#segments ??= isDryRun
      ? null
      : this.#newSegments(partitionRows, part.bytes / Math.max(1, part.rowCount!))
    this.#rowCount = 0
    try {
      for (;;) {
        const batch = await nextCheckedRows(reader, columns.fields, this.#rejectsOrNull())
        if (pass === 0) this.#rejects.keepBatch()
        else this.#rejects.dropBatch()
        this.#checkpoint = reader.checkpoint
        this.#bytesRead = reader.bytesRead
        if (batch === null) return
        this.#take(batch, wanted)
        // Told only now: what is shown as done has been checked and written.
        const bytesRead = Math.min(this.#bytesRead, part.bytes)
        this.#context.reportProgress((pass * part.bytes + bytesRead) / passCount)
        this.#context.throwIfCancelled()
      }
    } finally {
      reader.close()
    }
  }

  /** Appends those rows of a batch that belong to the wanted partitions; null: to any. */
  #take(batch: ColumnBatch, wanted: readonly number[] | null): void {
    const { columns, autoIdBegin, partitionIds } = this.#input
    const idBegin = autoIdBegin === null ? null : autoIdBegin + BigInt(this.#rowCount)
    this.#rowCount += batch.rowCount
    const segments = this.#segments
    if (segments === null || batch.rowCount === 0) return
    const whole = idBegin === null ? batch : withAutoIds(batch, columns.autoId!, idBegin)
    this.#writtenBytes += rowBytesOf(whole) * whole.rowCount
    const key = columns.partitionKey
    if (key === null) {
      segments.append(0, whole)
      return
    }
    const keys = whole.columns.get(key.fieldId)!
    rowsByPartition(keys, whole.rowCount, partitionIds.length).forEach((rows, index) => {
      if (rows.length === 0 || (wanted !== null && !wanted.includes(index))) return
      segments.append(index, gatherBatch(whole, rows))
    })
  }

  /** Rows of each partition: a look at the keys alone, so that every segment gets the room that it needs. */
  async #countPartitionRows(): Promise<number[]> {
    const { columns, part, partitionIds, isDryRun } = this.#input
    const key = columns.partitionKey
    if (key === null || isDryRun) return [part.rowCount!]
    const counts = partitionIds.map(() => 0)
    // No file need have a key that has a default.
    const reader = await this.#open(key.defaultValue === null ? [key] : columns.fields, false)
    try {
      for (let batch = await reader.next(); batch; batch = await reader.next()) {
        this.#context.throwIfCancelled()
        const rows = rowsByPartition(batch.columns.get(key.fieldId)!, batch.rowCount, counts.length)
        rows.forEach((offsets, index) => {
          counts[index] += offsets.length
        })
      }
    } finally {
      reader.close()
    }
    return counts
  }

  /** @param isTold whether rejected rows are written down, and not passed over */
  async #open(fields: readonly Field[], isTold: boolean): Promise<BatchReader> {
    const { columns, options, part, from } = this.#input
    const { format, sources } = this.#group
    const rejects = this.#rejectsOrNull()
    const onReject =
      rejects &&
      ((row: RejectedRow) => {
        if (isTold) rejects.add(fileOfField(reader, fields, row.field) || sources[0].name, row)
      })
    const { reserved } = columns
    const request = { sources, fields, reserved, options, part, from, onReject }
    const reader: BatchReader = await format.open(request)
    return reader
  }

  #rejectsOrNull(): StepRejects | null {
    return this.#input.rejectsMax === null ? null : this.#rejects
  }

  #newSegments(partitionRows: readonly number[] | null, rowBytes: number): UnitSegments {
    const { columns, keptBytesMax } = this.#input
    const fields = columns.written
    const segmentRowsMax = segmentRowsMaxOf(fields, rowBytes, keptBytesMax)
    return new UnitSegments({ ...this.#input, fields, partitionRows, segmentRowsMax })
  }
}

/** What a row takes in memory, on average. */
function rowBytesOf({ columns, rowCount }: ColumnBatch): number {
  let bytes = 0
  for (const column of columns.values()) bytes += columnBytes(column, 0, rowCount)
  return bytes / rowCount
}

function fileOfField(reader: BatchReader, fields: readonly Field[], name: string): string {
  const field = fields.find((each) => each.name === name)
  return field ? reader.fileOf(field.fieldId) : ''
}
