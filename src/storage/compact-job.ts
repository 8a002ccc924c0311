import { hasBit } from '../column/bitmap.js'
import type { Column } from '../column/column.js'
import { filledColumn } from '../column/filled-column.js'
import { gatherBatch } from '../column/slice.js'
import type { Field } from '../schema/field.js'
import type { SegmentFile } from '../segment/segment-file.js'
import { SegmentReader } from '../segment/segment-reader.js'
import { SegmentWriter } from '../segment/segment-writer.js'
import type { WorkerContext } from '../workers/worker-job.js'

/** Rows of a source, in the order in which they are written. */
export interface CompactedRun {
  readonly source: number
  readonly rowBegin: number
  readonly rowEnd: number
}

export interface CompactInput {
  readonly path: string
  readonly fields: readonly Field[]
  readonly sources: readonly {
    readonly path: string
    readonly file: SegmentFile
    /** A bit for each row that is left out; null: none is. */
    readonly deleted: Uint8Array | null
  }[]
  readonly runs: readonly CompactedRun[]
  /** Of all sources that are not left out: at least one. */
  readonly rowCount: number
}

/** Copies are made of so many rows at a time: a millisecond or so. */
const rowsAtOnce = 4096

/** Worker module: writes rows of segments as one new segment file. One source is in memory at a time. */
export async function run(input: CompactInput, context: WorkerContext): Promise<SegmentFile> {
  const writer = new SegmentWriter(input.path, input.fields, input.rowCount)
  try {
    let open: OpenSource | null = null
    for (const compacted of input.runs) {
      if (open?.index !== compacted.source) open = await openSource(input, compacted.source)
      appendRun(writer, input, open, compacted, context)
    }
    return writer.finish()
  } catch (error) {
    writer.abort()
    throw error
  }
}

interface OpenSource {
  readonly index: number
  readonly columns: ReadonlyMap<number, Column>
}

async function openSource({ fields, sources }: CompactInput, index: number): Promise<OpenSource> {
  const { path, file } = sources[index]
  const reader = await SegmentReader.open(path, file)
  try {
    const columns = new Map<number, Column>()
    for (const field of fields) {
      const column = await reader.readColumn(field)
      columns.set(field.fieldId, column ?? filledColumn(field, file.rowCount))
    }
    return { index, columns }
  } finally {
    await reader.close()
  }
}

function appendRun(
  writer: SegmentWriter,
  { sources }: CompactInput,
  { index, columns }: OpenSource,
  { rowBegin, rowEnd }: CompactedRun,
  context: WorkerContext,
): void {
  const { file, deleted } = sources[index]
  const batch = { rowCount: file.rowCount, columns }
  for (let begin = rowBegin; begin < rowEnd; begin += rowsAtOnce) {
    context.throwIfCancelled()
    const rows: number[] = []
    for (let row = begin; row < Math.min(rowEnd, begin + rowsAtOnce); row++) {
      if (deleted === null || !hasBit(deleted, row)) rows.push(row)
    }
    if (rows.length > 0) writer.append(gatherBatch(batch, Int32Array.from(rows)))
  }
}
