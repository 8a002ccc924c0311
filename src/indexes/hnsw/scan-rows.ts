import { heapPlaceBytes, maskWordRows, scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IndexSearchJob } from '../index-family.js'
import { graphQueryOf } from './graph-query.js'

/** The exact scan of the raw rows for some queries of a job; their heaps are left unsorted. */
export function scanRows(
  job: IndexSearchJob,
  firstQuery: number,
  queryCount: number,
  context: Pick<WorkerContext, 'throwIfCancelled'>,
): void {
  const { k, near, mask, rowCount, scratch } = job
  const { metric, element, width, rowBytes, queryBytes } = graphQueryOf(job)
  const kernels = scanKernelsOn(job.memoryId, job.memory)
  const queries = job.queries + firstQuery * queryBytes
  const heaps = job.heaps + firstQuery * k * heapPlaceBytes
  const stepRows = maskWordRows * Math.max(1, Math.floor(stepBytes / (rowBytes * maskWordRows)))
  kernels.clearHeaps(heaps, queryCount, k)
  for (let begin = 0; begin < rowCount; begin += stepRows) {
    context.throwIfCancelled()
    kernels.scan(
      metric,
      element,
      width,
      job.vectors + begin * rowBytes,
      Math.min(stepRows, rowCount - begin),
      job.firstId + begin,
      mask && mask + begin / 8,
      queries,
      queryCount,
      near,
      heaps,
      k,
      scratch,
    )
  }
}

const stepBytes = 8 * 1024 * 1024
