import type { WorkerPool } from '../../workers/worker-job.js'
import type { BuildContext } from '../index-family.js'

/** Waits for every job, also when one fails: until then they write into the build's memory. */
export async function allOf<Result>(jobs: readonly Promise<Result>[]): Promise<Result[]> {
  const results = await Promise.allSettled(jobs)
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

export function placeOf({ vectors }: BuildContext) {
  const { memoryId, memory, byteOffset } = vectors.region
  return { memoryId, memory, rows: byteOffset }
}

export function runJob<Input, Result>(
  { pool, signal }: BuildContext,
  module: URL,
  input: Input,
  onProgress?: (value: number) => void,
): Promise<Result> {
  const options = { lane: 'batch', ...(signal && { signal }), ...(onProgress && { onProgress }) }
  return pool.run<Input, Result>(module, input, options as Parameters<WorkerPool['run']>[2])
}
