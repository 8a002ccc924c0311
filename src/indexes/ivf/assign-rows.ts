import type { BuildContext } from '../index-family.js'
import { type AssignRowsInput, assignScratchBytes } from './assign-rows-job.js'
import type { BuildMemory } from './build-memory.js'
import { allOf, placeOf, runJob } from './build-run.js'
import type { IvfShape } from './ivf-shape.js'

const assignJob = new URL('./assign-rows-job.js', import.meta.url)

type Assignment = Omit<AssignRowsInput, 'memoryId' | 'memory' | 'scratch'>

/** Finds each row's nearest centroid. Cuts the rows for all threads. All have ended when it does. */
export async function assign(
  context: BuildContext,
  { rows, rowCount, lists, areReady, shape, ...rest }: Assignment,
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
    }
    return runJob<AssignRowsInput, void>(context, assignJob, input, (value) => {
      done[share] = value
      onProgress(done.reduce((sum, each) => sum + each, 0))
    })
  })
  await allOf(jobs)
}

export function scratchesFor({ pool }: BuildContext, work: BuildMemory, shape: IvfShape): number[] {
  return Array.from({ length: pool.threadCount }, () => work.take(assignScratchBytes(shape)))
}
