import { countBits } from '../../column/bitmap.js'
import type { VectorRegion } from '../../kernels/vector-region.js'
import type { BuildContext } from '../index-family.js'
import type { BuildJob, BuildRooms, BuildStep } from './build-job.js'
import { graphShapeOf } from './graph-shape.js'

/**
 * Builds a graph in the memory of the vectors. All threads do a step before the next begins; what it leaves
 * lies in the index and in bytes that they share.
 */
export async function buildGraph(context: BuildContext): Promise<VectorRegion> {
  const { memory, vectors } = context
  const taken: VectorRegion[] = []
  const take = (byteLength: number) => {
    const region = memory.allocateIn(vectors.region.memoryId, byteLength)
    taken.push(region)
    return region
  }
  try {
    const plan = planOf(context)
    const rooms = await runOne(context, { ...plan, step: 'measure' })
    const index = take(rooms.indexBytes)
    await buildIn(context, plan, rooms, index, take)
    taken.splice(taken.indexOf(index), 1)
    return memory.shrink(index, rooms.builtBytes)
  } finally {
    for (const region of taken) memory.free(region)
  }
}

type Plan = Omit<BuildJob, 'step'>

function planOf({ vectors, spec }: BuildContext): Plan {
  const { region, rowCount, validity } = vectors
  return {
    memoryId: region.memoryId,
    memory: region.memory,
    vectors: region.byteOffset,
    dataType: vectors.dataType,
    rowCount,
    validity,
    nodeCount: validity ? countBits(validity, rowCount) : rowCount,
    shape: graphShapeOf(spec, vectors),
    index: 0,
    upperSlots: 0,
    shared: 0,
    counter: 0,
    scratch: 0,
  }
}

async function buildIn(
  context: BuildContext,
  plan: Plan,
  rooms: BuildRooms,
  index: VectorRegion,
  take: (byteLength: number) => VectorRegion,
): Promise<void> {
  const shared = take(rooms.sharedBytes)
  const scratches = Array.from({ length: context.pool.threadCount }, () => take(rooms.scratchBytes))
  const { upperSlots } = rooms
  const jobs = scratches.map((scratch) => ({
    ...plan,
    ...{ index: index.byteOffset, upperSlots, shared: shared.byteOffset },
    scratch: scratch.byteOffset,
  }))
  let counter = shared.byteOffset + firstCounter
  const once = (step: BuildStep) => runOne(context, { ...jobs[0], step })
  const all = (step: BuildStep) => {
    counter += 4
    const counted = jobs.map((job) => ({ ...job, counter }))
    return runAll(context, counted, step)
  }
  await once('create')
  await all('encode')
  await once('seed')
  await all('cluster')
  await once('arrange')
  await all('encode')
  await all('insert')
  if (plan.shape.searchKind !== plan.shape.kind) {
    await once('recode')
    await all('encode')
  }
  context.onProgress?.(context.vectors.rowCount)
}

/** The shared bytes begin with a lock and counters, all zeros. */
const firstCounter = 4

function runOne({ pool, signal }: BuildContext, job: BuildJob): Promise<BuildRooms> {
  return pool.run<BuildJob, BuildRooms>(jobModule, job, { lane: 'batch', signal })
}

/** Also when one fails, the others have ended before their memory is given back. */
async function runAll(context: BuildContext, jobs: readonly Plan[], step: BuildStep) {
  const { pool, signal } = context
  const onProgress = step === 'insert' ? risingProgress(context) : undefined
  const runs = jobs.map((job) =>
    pool.run(jobModule, { ...job, step }, { lane: 'batch', signal, onProgress }),
  )
  const ends = await Promise.allSettled(runs)
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/**
 * Threads tell of the nodes that all of them have taken, in any order. There is some work left when they have
 * taken the last one.
 */
function risingProgress({ onProgress }: BuildContext): (nodes: number) => void {
  let highest = 0
  return (nodes) => {
    const done = Math.floor(nodes * insertedShare)
    if (done <= highest) return
    highest = done
    onProgress?.(done)
  }
}

const insertedShare = 0.98

const jobModule = new URL('./build-job.js', import.meta.url)
