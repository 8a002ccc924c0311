import type { BuildContext } from '../index-family.js'
import { type AssignRowsInput, assignScratchBytes } from './assign-rows-job.js'
import type { BuildMemory } from './build-memory.js'
import { allOf, placeOf, runJob } from './build-run.js'
import type { IvfShape } from './ivf-shape.js'

const assignJob = new URL('./assign-rows-job.js', import.meta.url)

type Assignment = Omit<AssignRowsInput, 'memoryId' | 'memory' | 'scratch'>

/** Finds each row's nearest centroids. Cuts the rows for all threads. All have ended when it does. */
export async function assign(
  context: BuildContext,
  { rows, rowCount, lists, near, areReady, shape, ...rest }: Assignment,
  scratches: readonly number[],
  onProgress: (rows: number) => void,
): Promise<void> {
  const size = Math.ceil(rowCount / scratches.length)
  const stride = areReady ? shape.centroidBytes : shape.rowBytes
  const done = scratches.map(() => 0)
  const jobs = scratches.map((scratch, share) => {
    const begin = Math.min(rowCount, share * size)
    const input: AssignRowsInput = {
      ...{ ...placeOf(context), ...rest, shape, areReady, scratch },
      rows: rows + begin * stride,
      rowCount: Math.min(size, rowCount - begin),
      lists: lists + begin * 4,
      near: near && near + begin * rest.nearCount * 2,
    }
    return runJob<AssignRowsInput, void>(context, assignJob, input, (value) => {
      done[share] = value
      onProgress(done.reduce((sum, each) => sum + each, 0))
    })
  })
  await allOf(jobs)
}

export function scratchesFor(
  { pool }: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  listCount: number,
  nearCount: number,
): number[] {
  const byteLength = assignScratchBytes(shape, listCount, nearCount)
  return Array.from({ length: pool.threadCount }, () => work.take(byteLength))
}
