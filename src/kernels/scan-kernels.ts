import { DataType } from '../schema/data-type.js'
import type { Metric } from '../schema/metric.js'
import { threadKernelsOn } from './kernel-module.js'

/** The exact scan over one memory. Addresses are byte offsets in it; a heap is drawn at `heapPlaceBytes`. */
interface ScanKernels {
  /** Makes `nq` heaps of `k` places empty. */
  clearHeaps(heaps: number, nq: number, k: number): void
  /**
   * Offers rows to the heaps. Ids ascend from `firstId` and must ascend from call to call.
   * @param metric a number of `kernelMetrics`
   * @param element a number of `kernelElements`; queries are float32 whatever it is
   * @param width components of a row, or bytes of a row of bits
   * @param mask bits of the rows that may be found, in whole words of 64 bits; 0: all rows
   * @param near the least distance that counts; -Infinity: any
   * @param scratch `scanScratchBytes(nq, element, width)` bytes
   */
  scan(
    metric: number,
    element: number,
    width: number,
    rows: number,
    rowCount: number,
    firstId: number,
    mask: number,
    queries: number,
    nq: number,
    near: number,
    heaps: number,
    k: number,
    scratch: number,
  ): void
  /** Offers all rows, float32 and few enough for the cache, to a heap; their ids ascend from 0. @param metric L2 or IP */
  scanCentroids(
    metric: number,
    width: number,
    rows: number,
    rowCount: number,
    query: number,
    heap: number,
    k: number,
  ): void
  /** The same for many queries, to about as many digits. @param scratch `scanTogetherScratchBytes` */
  scanTogether(
    metric: number,
    width: number,
    rows: number,
    rowCount: number,
    queries: number,
    nq: number,
    heaps: number,
    k: number,
    scratch: number,
  ): void
  /**
   * Rows of float32 as whole numbers of 16 bits, for `findNear`.
   * @param mean what is taken from each, float32
   * @param target `wholeRowBytes(width)` bytes for each row
   * @param terms filled: two float32 for each row
   */
  fillWholeRows(
    width: number,
    rows: number,
    rowCount: number,
    mean: number,
    target: number,
    terms: number,
  ): void
  /**
   * Offers all centroids to the heaps of rows, by L2 but for what is the same for a row, and about as near as they are;
   * rows and centroids are as `fillWholeRows` leaves them.
   * @param scratch `findNearScratchBytes`
   */
  findNear(
    width: number,
    rows: number,
    rowTerms: number,
    rowCount: number,
    centroids: number,
    centroidTerms: number,
    listCount: number,
    heaps: number,
    k: number,
    scratch: number,
  ): void
  /**
   * Gives each row the nearest of its own few centroids, by L2; rows and centroids are float32.
   * @param near `nearCount` centroids for each row, uint16, at most 32
   * @param lists the centroid of each row, uint32, which is changed; it is one of those, but for the first time
   * @param bounds 1 + `nearCount` float32 for each row, kept from time to time
   * @param drifts how far each centroid has moved in all, float32
   * @param isFirst 1: the bounds say nothing yet
   * @returns how many rows have another one now
   */
  chooseNear(
    width: number,
    rows: number,
    rowCount: number,
    centroids: number,
    near: number,
    nearCount: number,
    lists: number,
    bounds: number,
    drifts: number,
    isFirst: number,
  ): number
  /**
   * Offers the rows of `ids`, uint32 in any order, to a heap, as `firstId` + id. Rows are of floats.
   * @param mask bits of the ids that may be found, in whole words of 64 bits; 0: all
   * @param scratch a row of float32
   */
  scanIds(
    metric: number,
    element: number,
    width: number,
    rows: number,
    ids: number,
    idCount: number,
    mask: number,
    query: number,
    near: number,
    firstId: number,
    heap: number,
    k: number,
    scratch: number,
  ): void
  /**
   * Fills the ids, uint32, that stand at the places of a heap.
   * @returns how many: places that hold nothing have none
   */
  fillIds(heap: number, k: number, ids: number, target: number): number
  /** Sorts the heaps: nearest first, then by id, the places that hold nothing at the end. */
  sortHeaps(heaps: number, nq: number, k: number): void
  /** The rows of a mask that may be found; its words are whole. */
  countRows(mask: number, rowCount: number): number
}

/** This thread's instance for a memory of a `VectorMemory`. */
export function scanKernelsOn(memoryId: number, memory: WebAssembly.Memory): ScanKernels {
  return threadKernelsOn(memoryId, memory) as unknown as ScanKernels
}

/** Metrics that the scan knows, by their numbers in `assembly/shape.ts`. */
export const kernelMetrics: Partial<Record<Metric, number>> = {
  L2: 0,
  IP: 1,
  COSINE: 2,
  HAMMING: 3,
  JACCARD: 4,
  SUBSTRUCTURE: 5,
  SUPERSTRUCTURE: 6,
}

/**
 * What the scan can read as rows of floats, by its numbers in `assembly/shape.ts`. Bits have a metric of
 * their own instead.
 */
export const kernelElements: Partial<Record<DataType, number>> = {
  [DataType.FloatVector]: 0,
  [DataType.Float16Vector]: 1,
  [DataType.BFloat16Vector]: 2,
  [DataType.Int8Vector]: 3,
}

/** Rows of one word of a mask: a scan may begin at a multiple of it. */
export const maskWordRows = 64

/**
 * A place of a heap is { u32 id, u32 distance }, the bits of the distance turned so that they sort as an
 * unsigned integer. All ones: it holds nothing.
 */
export const heapPlaceBytes = 8

export const findNearScratchBytes = 1024
export const scanTogetherScratchBytes = 1280

/** Of a row as `findNear` takes it. */
export function wholeRowBytes(width: number): number {
  return Math.ceil(width / 8) * 16
}

export function scanScratchBytes(nq: number, element: number, width: number): number {
  const wideBytes = element === 0 ? 0 : maskWordRows * width * 4
  return 1024 + 12 * Math.ceil(nq / 4) * 4 + wideBytes
}

/** The distance in a heap's place, turned back. */
export function distanceFromKey(key: number): number {
  keyBits[0] = key >= 0x80000000 ? key ^ 0x80000000 : ~key
  return keyFloats[0]
}

const keyBits = new Uint32Array(1)
const keyFloats = new Float32Array(keyBits.buffer)
