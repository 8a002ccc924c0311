import { maskWordRows, scanKernelsOn } from '../../kernels/scan-kernels.js'
import { type RowFile, RowFileReader } from '../../source/row-file.js'
import type { WorkerContext } from '../../workers/worker-job.js'

type Cancellation = Pick<WorkerContext, 'throwIfCancelled'>

/** Rows that lie together, and where: addresses are byte offsets in the job's memory. */
export interface ScanRange {
  /** 0: they lie in a file. */
  readonly rows: number
  /** Its first row is the range's. */
  readonly file: RowFile | null
  readonly rowCount: number
  /** The first row's number among all rows of the search. */
  readonly firstId: number
  /** 0: all rows may be found. */
  readonly mask: number
}

/** A share of a search: some rows of one memory, whose nearest are left in heaps there. */
export interface ScanJob {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly metric: number
  readonly element: number
  /** Components of a row, or bytes of a row of bits. */
  readonly width: number
  /** Of a row as it is stored. */
  readonly rowBytes: number
  readonly queries: number
  readonly nq: number
  readonly near: number
  readonly heaps: number
  readonly k: number
  readonly scratch: number
  /** `fileBlockBytes`, where rows lie in files. */
  readonly buffer: number
  readonly ranges: readonly ScanRange[]
}

/** Runs in a thread that has the job's memory. */
export function run(
  job: Omit<ScanJob, 'memory'>,
  context: Pick<WorkerContext, 'throwIfCancelled' | 'memory'>,
): void {
  scanRows({ ...job, memory: context.memory(job.memoryId) }, context)
}

/** Runs in any thread; a cancelled search stops within milliseconds. */
export function scanRows(job: ScanJob, context: Cancellation): void {
  const { nq, heaps, k } = job
  const kernels = scanKernelsOn(job.memoryId, job.memory)
  kernels.clearHeaps(heaps, nq, k)
  for (const range of job.ranges) {
    if (range.file) scanFile(job, range, range.file, context)
    else scanMemory(job, range, context)
  }
  kernels.sortHeaps(heaps, nq, k)
}

function scanMemory(job: ScanJob, range: ScanRange, context: Cancellation): void {
  const stepRows = rowsBetweenLooks(job)
  for (let begin = 0; begin < range.rowCount; begin += stepRows) {
    context.throwIfCancelled()
    const rowCount = Math.min(stepRows, range.rowCount - begin)
    scanStep(job, range, begin, rowCount, range.rows + begin * job.rowBytes)
  }
}

/** Block after block is read, of which only what may be found. */
function scanFile(job: ScanJob, range: ScanRange, file: RowFile, context: Cancellation): void {
  const reader = new RowFileReader(file)
  const target = new Uint8Array(job.memory.buffer)
  const stepRows = fileBlockRows(job.rowBytes)
  try {
    for (let begin = 0; begin < range.rowCount; begin += stepRows) {
      context.throwIfCancelled()
      const rowCount = Math.min(stepRows, range.rowCount - begin)
      if (range.mask === 0) {
        reader.read(begin, rowCount, target, job.buffer)
      } else {
        const rows = rowsOfMask(target, range.mask + begin / 8, rowCount, begin)
        if (rows.length === 0) continue
        reader.readAmong(rows, begin, target, job.buffer)
      }
      scanStep(job, range, begin, rowCount, job.buffer)
    }
  } finally {
    reader.close()
  }
}

/** The rows whose bits are set, counted from `first` on. */
function rowsOfMask(memory: Uint8Array, mask: number, rowCount: number, first: number) {
  const rows = new Uint32Array(rowCount)
  let count = 0
  for (let row = 0; row < rowCount; row += 8) {
    let bits = memory[mask + row / 8]
    for (; bits !== 0; bits &= bits - 1) {
      const at = row + 31 - Math.clz32(bits & -bits)
      if (at < rowCount) rows[count++] = first + at
    }
  }
  return rows.subarray(0, count)
}

function scanStep(
  job: ScanJob,
  range: ScanRange,
  begin: number,
  rowCount: number,
  rows: number,
): void {
  const { metric, element, width, queries, nq, near, heaps, k, scratch } = job
  const mask = range.mask && range.mask + begin / 8
  const firstId = range.firstId + begin
  scanKernelsOn(job.memoryId, job.memory).scan(
    metric,
    element,
    width,
    rows,
    rowCount,
    firstId,
    mask,
    queries,
    nq,
    near,
    heaps,
    k,
    scratch,
  )
}

/** What is read of a file at once. */
export function fileBlockBytes(rowBytes: number): number {
  return fileBlockRows(rowBytes) * rowBytes
}

function fileBlockRows(rowBytes: number): number {
  return maskWordRows * Math.max(1, Math.floor(blockBytes / (rowBytes * maskWordRows)))
}

const blockBytes = 1024 ** 2

/** A millisecond or two of work. */
function rowsBetweenLooks({ rowBytes, nq }: ScanJob): number {
  const words = Math.floor(workBytesBetweenLooks / (rowBytes * nq * maskWordRows))
  return Math.max(1, words) * maskWordRows
}

const workBytesBetweenLooks = 32 * 1024 * 1024
