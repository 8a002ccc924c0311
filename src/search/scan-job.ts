import { maskWordRows, scanKernelsOn } from '../kernels/scan-kernels.js'
import type { WorkerContext } from '../workers/worker-job.js'

/** Rows that lie together, and where: addresses are byte offsets in the job's memory. */
export interface ScanRange {
  readonly rows: number
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
export function scanRows(job: ScanJob, context: Pick<WorkerContext, 'throwIfCancelled'>): void {
  const { metric, element, width, queries, nq, near, heaps, k, scratch } = job
  const kernels = scanKernelsOn(job.memoryId, job.memory)
  const stepRows = rowsBetweenLooks(job)
  kernels.clearHeaps(heaps, nq, k)
  for (const range of job.ranges) {
    for (let begin = 0; begin < range.rowCount; begin += stepRows) {
      context.throwIfCancelled()
      const rows = range.rows + begin * job.rowBytes
      const rowCount = Math.min(stepRows, range.rowCount - begin)
      const mask = range.mask && range.mask + begin / 8
      const firstId = range.firstId + begin
      kernels.scan(
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
  }
  kernels.sortHeaps(heaps, nq, k)
}

/** A millisecond or two of work. */
function rowsBetweenLooks({ rowBytes, nq }: ScanJob): number {
  const words = Math.floor(workBytesBetweenLooks / (rowBytes * nq * maskWordRows))
  return Math.max(1, words) * maskWordRows
}

const workBytesBetweenLooks = 32 * 1024 * 1024
