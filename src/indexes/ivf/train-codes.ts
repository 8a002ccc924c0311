import type { VectorRegion } from '../../kernels/vector-region.js'
import type { BuildContext } from '../index-family.js'
import type { BuildMemory } from './build-memory.js'
import { allOf, placeOf, runJob } from './build-run.js'
import type { Clustering } from './find-centroids.js'
import type { IvfShape } from './ivf-shape.js'
import type { ProductShape } from './product-shape.js'
import type { TrainCodesInput } from './train-codes-job.js'
import { type TrainWordsInput, trainScratchBytes } from './train-words-job.js'

/** Codewords are found from so many rows: 512 for each of 16. */
const codeSampleMax = 8192

const trainJob = new URL('./train-codes-job.js', import.meta.url)
const wordsJob = new URL('./train-words-job.js', import.meta.url)

/**
 * Finds what product codes are made with, from the sample.
 * @returns the centers of product codes
 */
export async function trainCodes(
  context: BuildContext,
  work: BuildMemory,
  shape: IvfShape,
  region: VectorRegion,
  { sample, sampleCount: found, lists, listCount }: Clustering,
): Promise<number> {
  const sampleCount = Math.min(found, codeSampleMax)
  const product = shape.product!
  const centers = work.take((listCount + 1) * product.width * 4)
  const index = region.byteOffset
  const differences = product.isRotated ? 0 : work.take(sampleCount * product.width * 4)
  const input: TrainCodesInput = {
    ...{ ...placeOf(context), shape, index, sample, sampleCount, lists, centers, differences },
  }
  await runJob<TrainCodesInput, void>(context, trainJob, input)
  if (!product.isRotated) {
    await trainWords(context, work, product, { shape, index, differences, sampleCount })
  }
  return centers
}

async function trainWords(
  context: BuildContext,
  work: BuildMemory,
  product: ProductShape,
  sample: Pick<TrainWordsInput, 'shape' | 'index' | 'differences' | 'sampleCount'>,
): Promise<void> {
  const partCount = product.width / product.subWidth
  const size = Math.ceil(partCount / context.pool.threadCount)
  const jobs: Promise<void>[] = []
  for (let beginPart = 0; beginPart < partCount; beginPart += size) {
    const input: TrainWordsInput = {
      ...{ ...placeOf(context), ...sample, beginPart },
      endPart: Math.min(partCount, beginPart + size),
      scratch: work.take(trainScratchBytes(product)),
    }
    jobs.push(runJob<TrainWordsInput, void>(context, wordsJob, input))
  }
  await allOf(jobs)
}
