import { threadKernelsOn } from './kernel-module.js'

/**
 * Product codes over one memory, drawn in `assembly/product-layout.ts`: a row's difference to its centroid in
 * codes of four bits, of which each stands for one of 16 codewords. Addresses are byte offsets in the memory.
 */
interface ProductKernels {
  /** In place. @param signs 1 or -1 for each component, in `rotationRounds` rounds; width a multiple of 8 */
  rotateRows(width: number, signs: number, rows: number, rowCount: number): void
  /** @param scratch two rows; the first row's place is the first of a block */
  encodeRows(
    isProduct: number,
    width: number,
    subWidth: number,
    stages: number,
    rows: number,
    rowCount: number,
    lists: number,
    centroids: number,
    mean: number,
    codebooks: number,
    blocks: number,
    scratch: number,
  ): void
  /**
   * Adds up the parts that are nearest to each of 16 codewords, and their number behind each sum.
   * @param stride bytes from part to part
   * @param takes 1: codewords are taken from their parts
   */
  sumWords(
    subWidth: number,
    stride: number,
    parts: number,
    rowCount: number,
    book: number,
    sums: number,
    takes: number,
  ): void
  /** Fills `productTableBytes`, for each code 16 bytes of at most 63. @param scratch 64 bytes for each code */
  fillTables(
    codes: number,
    subWidth: number,
    stages: number,
    query: number,
    codebooks: number,
    tables: number,
    scratch: number,
  ): void
  /**
   * Offers the places of a list to a heap.
   * @param mask bits of the places from the begin of the first one's block on, in words of 64; 0: all
   * @param distance of the query to the list's centroid
   * @param scratch `codeScanScratchBytes`
   */
  scanCodes(
    codes: number,
    blocks: number,
    begin: number,
    end: number,
    mask: number,
    tables: number,
    distance: number,
    heap: number,
    k: number,
    scratch: number,
  ): void
  /**
   * Offers the places of all lists of a query, none of them masked.
   * @param begins where each list begins, uint32, and behind them the end of the last
   * @param probes a heap of the lists with the query's distances to their centroids, none of its places empty
   * @param scratch `codeScanScratchBytes`
   */
  scanCodesOfLists(
    codes: number,
    blocks: number,
    begins: number,
    probes: number,
    probeCount: number,
    tables: number,
    heap: number,
    k: number,
    scratch: number,
  ): void
}

/** This thread's instance for a memory of a `VectorMemory`. */
export function productKernelsOn(memoryId: number, memory: WebAssembly.Memory): ProductKernels {
  return threadKernelsOn(memoryId, memory) as unknown as ProductKernels
}

export const rotationRounds = 4
/** Places that lie together. */
export const blockPlaces = 32
export const codewordCount = 16
export const codeScanScratchBytes = 256

export function productBlockBytes(codes: number): number {
  return Math.ceil(codes / 2) * blockPlaces + blockPlaces * 8
}

export function productTableBytes(codes: number): number {
  return Math.ceil(codes / 2) * 32 + 8
}

/** The codewords of one code. */
export function productBookBytes(subWidth: number): number {
  return subWidth * codewordCount * 4
}
