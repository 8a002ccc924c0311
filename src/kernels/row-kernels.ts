import { threadKernelsOn } from './kernel-module.js'

/** What is done with whole rows of one memory. Addresses are byte offsets in it. */
interface RowKernels {
  /** @param element a number of `kernelElements` */
  widenRows(element: number, width: number, rows: number, rowCount: number, target: number): void
  /** Rows of float32 get the length 1, in place; those of length 0 stay. */
  normalizeRows(width: number, rows: number, rowCount: number): void
  /** @param ids uint32 */
  gatherRows(stride: number, rows: number, ids: number, rowCount: number, target: number): void
  /** Rows of float32 less the mean, each with zeros behind it up to `width`. */
  centerRows(
    dim: number,
    width: number,
    rows: number,
    rowCount: number,
    mean: number,
    target: number,
  ): void
  /** Writes whole words of 64 bits. */
  gatherMask(mask: number, ids: number, rowCount: number, target: number): void
  /** Rows of float32 become int8: `round((value - offset) / step)`, cut to its range. */
  quantizeRows(
    width: number,
    rows: number,
    rowCount: number,
    offsets: number,
    step: number,
    target: number,
  ): void
  /**
   * Fills the greatest length of what `quantizeRows` took from a row, and of what a code stands for, float32; what
   * it took of rows with NaN or infinity is infinite.
   */
  measureBytes(
    width: number,
    rows: number,
    rowCount: number,
    offsets: number,
    step: number,
    codes: number,
    target: number,
  ): void
}

/** This thread's instance for a memory of a `VectorMemory`. */
export function rowKernelsOn(memoryId: number, memory: WebAssembly.Memory): RowKernels {
  return threadKernelsOn(memoryId, memory) as unknown as RowKernels
}
