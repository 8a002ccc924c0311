import { threadKernelsOn } from './kernel-module.js'

/** The scan of int8 codes of one memory, in whole numbers. Addresses are byte offsets in it. */
interface ByteKernels {
  /** Rounds and cuts `query` × `scale`, float32. @param target `byteQueryBytes(width)` bytes */
  fillByteQuery(width: number, query: number, scale: number, target: number): void
  /**
   * Offers rows to a heap, by squared distances or by products turned around. Up to seven bytes behind the
   * last row are read.
   * @param mask bits of the rows that may be found, in whole words of 64; 0: all
   */
  scanBytes(
    isProduct: number,
    width: number,
    rows: number,
    rowCount: number,
    firstId: number,
    mask: number,
    query: number,
    heap: number,
    k: number,
  ): void
}

/** This thread's instance for a memory of a `VectorMemory`. */
export function byteKernelsOn(memoryId: number, memory: WebAssembly.Memory): ByteKernels {
  return threadKernelsOn(memoryId, memory) as unknown as ByteKernels
}

/** The largest whole number of a query. */
export const byteQueryMax = 511

export function byteQueryBytes(width: number): number {
  return Math.ceil(width / 8) * 16 + 16
}
