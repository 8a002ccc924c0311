import { type RowFile, RowFileReader } from '../../source/row-file.js'
import type { WorkerContext } from '../../workers/worker-job.js'

export interface ReadRowsInput {
  readonly file: RowFile
  /** In any order, also more than once. */
  readonly rows: Int32Array
}

/** Reads rows of a file, in the order in which they are asked for. */
export function run({ file, rows }: ReadRowsInput, context: WorkerContext): Uint8Array {
  const { rowBytes } = file
  const sorted = Uint32Array.from(rows).sort()
  const read = new Uint8Array(rows.length * rowBytes)
  const reader = new RowFileReader(file)
  try {
    for (let begin = 0; begin < rows.length; begin += rowsBetweenLooks) {
      context.throwIfCancelled()
      reader.gather(sorted.subarray(begin, begin + rowsBetweenLooks), read, begin * rowBytes)
    }
  } finally {
    reader.close()
  }
  const bytes = new Uint8Array(read.length)
  for (const [at, row] of rows.entries()) {
    const place = placeOf(sorted, row) * rowBytes
    bytes.set(read.subarray(place, place + rowBytes), at * rowBytes)
  }
  context.transfer(bytes.buffer)
  return bytes
}

const rowsBetweenLooks = 4096

function placeOf(sorted: Uint32Array, row: number): number {
  let [low, high] = [0, sorted.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < row) low = middle + 1
    else high = middle
  }
  return low
}
