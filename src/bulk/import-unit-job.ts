import type { ColumnBatch } from '../column/column.js'
import { gatherBatch } from '../column/slice.js'
import { MillraceError } from '../errors.js'
import { type BatchReader, defaultReadOptions, type InputPart } from '../formats/format.js'
import { createFiniteChecks } from '../kernels/finite-checks.js'
import { type CollectionSchema, partitionKeyOf, primaryKeyOf } from '../schema/collection-schema.js'
import type { Field } from '../schema/field.js'
import type { ByteSource, SourceAddress } from '../source/byte-source.js'
import type { WorkerContext } from '../workers/worker-job.js'
import { withAutoIds } from './auto-ids.js'
import { type FileGroup, fileFieldsOf, reservedFieldsOf, withFileGroup } from './file-group.js'
import type { ImportedSegment } from './import-target.js'
import { rowsByPartition } from './partition-router.js'
import { UnitSegments } from './unit-segments.js'
import { validateBatch } from './validate-batch.js'

/** One unit of an import as plain data, for a worker. */
export interface ImportUnitInput {
  readonly schema: CollectionSchema
  readonly sources: readonly SourceAddress[]
  /** Of the sources, when the import was planned. */
  readonly fingerprints: readonly string[]
  readonly part: InputPart
  /** The row of the files that the part begins with. */
  readonly firstRow: number
  /** The auto id of the unit's first row. */
  readonly autoIdBegin: bigint | null
  /** One; or those that the rows are spread over by their partition key. */
  readonly partitionIds: readonly bigint[]
  readonly segmentsPath: string
  /** As many ids as the unit has rows are its own. */
  readonly segmentIdBegin: bigint
  readonly segmentRowsMax: number
  readonly keptBytesMax: number
}

/** As many segments are open at once; for more partitions the files are read several times. */
const openSegmentsMax = 256

const checks = createFiniteChecks()

/**
 * Reads the unit's rows, checks them, and writes them into sealed segments. Leaves no file behind when it
 * throws.
 * @throws importFailed naming file, row and field, expected and got
 */
export async function run(
  input: ImportUnitInput,
  context: WorkerContext,
): Promise<ImportedSegment[]> {
  return withFileGroup(input.sources, async (group) => {
    checkUnchanged(group.sources, input.fingerprints)
    const partitionRows = await countPartitionRows(group, input, context)
    const segments = new UnitSegments({ ...input, partitionRows })
    try {
      await writeRows(group, input, context, partitionRows, segments)
      // A file that was written to meanwhile gave rows of two states.
      await withFileGroup(input.sources, async (again) => {
        checkUnchanged(again.sources, input.fingerprints)
      })
      return segments.finish()
    } finally {
      segments.close()
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

/** Rows of each partition: a look at the keys alone, so that every segment gets the room that it needs. */
async function countPartitionRows(
  group: FileGroup,
  input: ImportUnitInput,
  context: WorkerContext,
): Promise<number[]> {
  const { schema, part, partitionIds } = input
  const key = partitionKeyOf(schema)
  if (!key) return [part.rowCount!]
  const counts = partitionIds.map(() => 0)
  // No file need have a key that has a default.
  const fields = key.defaultValue === null ? [key] : fileFieldsOf(schema)
  const reader = await openPart(group, input, fields)
  try {
    for (let batch = await reader.next(); batch; batch = await reader.next()) {
      context.throwIfCancelled()
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

async function writeRows(
  group: FileGroup,
  input: ImportUnitInput,
  context: WorkerContext,
  partitionRows: readonly number[],
  segments: UnitSegments,
): Promise<void> {
  const filled = partitionRows.flatMap((rowCount, index) => (rowCount > 0 ? [index] : []))
  const passCount = Math.ceil(filled.length / openSegmentsMax)
  for (let pass = 0; pass < passCount; pass++) {
    const wanted = filled.slice(pass * openSegmentsMax, (pass + 1) * openSegmentsMax)
    await readRows(group, input, (batch, bytesRead) => {
      appendRows(segments, batch, wanted, input)
      // Told only now: what is shown as done has been checked and written.
      context.reportProgress(
        (pass * input.part.bytes + Math.min(bytesRead, input.part.bytes)) / passCount,
      )
      context.throwIfCancelled()
    })
  }
}

/** Hands over the checked rows, batch by batch, with the auto ids. */
async function readRows(
  group: FileGroup,
  input: ImportUnitInput,
  take: (batch: ColumnBatch, bytesRead: number) => void,
): Promise<void> {
  const { schema, part, firstRow, autoIdBegin } = input
  const fields = fileFieldsOf(schema)
  const reader = await openPart(group, input, fields)
  const fileOf = (fieldId: number) => reader.fileOf(fieldId)
  let row = 0
  try {
    for (let batch = await reader.next(); batch; batch = await reader.next()) {
      validateBatch(fields, batch, checks, fileOf, firstRow + row)
      const idBegin = autoIdBegin === null ? null : autoIdBegin + BigInt(row)
      const pk = primaryKeyOf(schema)
      take(idBegin === null ? batch : withAutoIds(batch, pk, idBegin), reader.bytesRead)
      row += batch.rowCount
    }
  } finally {
    reader.close()
  }
  if (row === part.rowCount) return
  const { name } = group.sources[0]
  throw new MillraceError(
    'importFailed',
    `the file '${name}' ends early: expected ${firstRow + part.rowCount!} rows, got ${firstRow + row}`,
    { file: name, row: firstRow + row },
  )
}

async function openPart(
  { format, sources }: FileGroup,
  { schema, part }: ImportUnitInput,
  fields: readonly Field[],
): Promise<BatchReader> {
  return format.open({
    sources,
    fields,
    reserved: reservedFieldsOf(schema),
    options: defaultReadOptions,
    part,
    from: null,
    onReject: null,
  })
}

/** Appends those rows of a batch that belong to the wanted partitions. */
function appendRows(
  segments: UnitSegments,
  batch: ColumnBatch,
  wanted: readonly number[],
  { schema, partitionIds }: ImportUnitInput,
): void {
  const key = partitionKeyOf(schema)
  if (!key) {
    segments.append(0, batch)
    return
  }
  const column = batch.columns.get(key.fieldId)!
  const rows = rowsByPartition(column, batch.rowCount, partitionIds.length)
  for (const index of wanted) {
    if (rows[index].length > 0) segments.append(index, gatherBatch(batch, rows[index]))
  }
}
