import type { BytesColumn, Column, ListColumn } from '../../column/column.js'
import { MillraceError } from '../../errors.js'
import type { Columns } from '../../expr/evaluate-value.js'
import { costBeforeRows, costOf } from '../../expr/expr-cost.js'
import { columnsOfRows } from '../../expr/keep-passing.js'
import type { WorkerPool } from '../../workers/worker-job.js'
import { type FilterJob, run } from './filter-job.js'

/**
 * Clears the bits of rows that do not pass all conditions: on all cores, where it takes longer than to ask
 * for that.
 * @param mask in shared memory, of `rowCount` bits, of which `count` are set
 * @throws cancelled
 */
export async function filterRows(
  pool: WorkerPool,
  { conjuncts, columns, rowCount, mask }: FilterJob,
  count: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const costOfRow = conjuncts.reduce((sum, conjunct) => sum + costOf(conjunct), 0)
  const nanoseconds = costOfRow * count * sizeFactor(columns, rowCount)
  const before = conjuncts.reduce((sum, conjunct) => sum + costBeforeRows(conjunct), 0)
  if (nanoseconds + before < nanosecondsHere) {
    run({ conjuncts, columns, rowCount, mask }, looksAt(signal))
    return
  }
  const shares = Math.max(1, Math.ceil(nanoseconds / Math.max(before, nanosecondsOfShare)))
  const shareCount = Math.min(pool.threadCount, shares)
  const shareRows = Math.ceil(rowCount / shareCount / rowsOfStep) * rowsOfStep
  const options = { lane: 'interactive', ...(signal && { signal }) } as const
  const jobs: Promise<void>[] = []
  for (let begin = 0; begin < rowCount; begin += shareRows) {
    const end = Math.min(rowCount, begin + shareRows)
    const job = {
      conjuncts,
      columns: cheapToSend(columnsOfRows(columns, begin, end)),
      rowCount: end - begin,
      mask: mask.subarray(begin >> 3, (end + 7) >> 3),
    }
    jobs.push(pool.run<FilterJob, void>(filterModule, job, options))
  }
  await Promise.all(jobs)
}

const filterModule = new URL('./filter-job.js', import.meta.url)

/** Below it the work is done before threads have been asked and have answered. */
const nanosecondsHere = 1_000_000
const nanosecondsOfShare = 400_000
/** Two threads never write to one word of a mask. */
const rowsOfStep = 64

/** Costs are those of short texts and lists: how many times as long these are. */
function sizeFactor(columns: Columns, rowCount: number): number {
  let factor = 1
  for (const column of columns.values()) {
    if (column.shape === 'fixed') continue
    const usual = (column.shape === 'bytes' ? usualBytes : usualElements) * rowCount
    factor = Math.max(factor, (column.offsets[rowCount] - column.offsets[0]) / usual)
  }
  return factor
}

const usualBytes = 100
const usualElements = 8

/** Memory that is not shared would be sent whole, however little of it is used. */
function cheapToSend(columns: Columns): Columns {
  return new Map(Array.from(columns, ([id, column]) => [id, cheapColumn(column)]))
}

function cheapColumn(column: Column): Column {
  const validity = column.validity && cheapBytes(column.validity)
  if (column.shape === 'fixed') {
    const { values } = column
    return { ...column, values: isShared(values) ? values : values.slice(), validity }
  }
  if (column.shape === 'bytes') return { ...cheapTexts(column), validity }
  const child = cheapColumn(column.child) as ListColumn['child']
  return { ...column, offsets: column.offsets.slice(), child, validity }
}

function cheapTexts(column: BytesColumn): BytesColumn {
  const { offsets, bytes } = column
  if (isShared(bytes)) return { ...column, offsets: isShared(offsets) ? offsets : offsets.slice() }
  const first = offsets[0]
  return {
    ...column,
    offsets: offsets.map((offset) => offset - first),
    bytes: bytes.slice(first, offsets[offsets.length - 1]),
  }
}

function cheapBytes(bytes: Uint8Array): Uint8Array {
  return isShared(bytes) ? bytes : bytes.slice()
}

function isShared({ buffer }: ArrayBufferView): boolean {
  return buffer instanceof SharedArrayBuffer
}

function looksAt(signal: AbortSignal | undefined) {
  return {
    throwIfCancelled() {
      if (signal?.aborted) throw new MillraceError('cancelled', 'the query was cancelled')
    },
  }
}
