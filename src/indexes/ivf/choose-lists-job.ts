import { scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IvfShape } from './ivf-shape.js'

/** Rows with a list, each of which may go over to another of those that were nearest to it. */
export interface ChooseListsInput {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** As the centroids are, float32. */
  readonly rows: number
  readonly rowCount: number
  /** The list of each row, uint32, which is changed. */
  readonly lists: number
  readonly centroids: number
  /** `nearCount` lists for each row, uint16. */
  readonly near: number
  readonly nearCount: number
  /** `boundBytes(nearCount)` for each row, kept from choice to choice. */
  readonly bounds: number
  /** As `MoveCentroidsInput` has them. */
  readonly drifts: number
  /** Whether the bounds say nothing yet. */
  readonly isFirst: boolean
}

const rowsAtOnce = 4096

export function boundBytes(nearCount: number): number {
  return (1 + nearCount) * 4
}

/** @returns how many rows have another list now */
export function run(input: ChooseListsInput, context: WorkerContext): number {
  const { memoryId, memory, shape, rows, rowCount, lists, centroids, near, nearCount } = input
  const kernels = scanKernelsOn(memoryId, memory)
  let moved = 0
  for (let begin = 0; begin < rowCount; begin += rowsAtOnce) {
    context.throwIfCancelled()
    moved += kernels.chooseNear(
      ...([shape.width, rows + begin * shape.centroidBytes] as const),
      ...([Math.min(rowsAtOnce, rowCount - begin), centroids] as const),
      ...([near + begin * nearCount * 2, nearCount, lists + begin * 4] as const),
      ...([input.bounds + begin * boundBytes(nearCount), input.drifts] as const),
      input.isFirst ? 1 : 0,
    )
  }
  return moved
}
