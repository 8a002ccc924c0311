import { threadKernelsOn } from './kernel-module.js'

/**
 * The graph over one memory, drawn in `assembly/hnsw-layout.ts`. Addresses are byte offsets in the memory;
 * `hnswOpen` says which index the calls after it are about. All of a thread's calls.
 */
interface HnswKernels {
  /** Bytes of an index; more than a memory has, where it does not fit. */
  hnswByteLength(kind: number, width: number, nodes: number, m: number, upperSlots: number): number
  /** Places of lists above level 0 that so many nodes need. */
  hnswUpperSlots(nodes: number, m: number): number
  hnswCreate(
    index: number,
    kind: number,
    width: number,
    normalizes: number,
    nodes: number,
    m: number,
    upperSlots: number,
  ): void
  /** Makes room for codes of another kind. There are the bytes of an index with them. */
  hnswRecode(kind: number, upperSlots: number): void
  /** @returns 0 where there is no index */
  hnswOpen(index: number): number
  /** Nodes of the index. */
  hnswNodes(): number
  /** Where the means lie. */
  hnswMean(): number
  /** Where the row of each node lies. */
  hnswRows(): number
  hnswSetScale(scale: number): void
  /** The largest code; 0: it has no scale. */
  hnswCodeMax(kind: number, width: number): number
  /** A row as floats, as they become codes. @returns where they are */
  hnswFloats(element: number, vectors: number, row: number, room: number): number
  hnswEncode(element: number, vectors: number, first: number, end: number, room: number): void
  hnswSeedBytes(levels: number): number
  hnswChooseSeeds(
    seeds: number,
    levels: number,
    sampleCount: number,
    step: number,
    query: number,
  ): void
  /** Clusters are numbered below 32 to the power of `levels`. */
  hnswCluster(
    seeds: number,
    levels: number,
    first: number,
    end: number,
    clusters: number,
    query: number,
  ): void
  hnswSharedBytes(nodes: number): number
  hnswOrder(shared: number): number
  hnswPlaceNodes(order: number): void
  hnswBuildBytes(
    kind: number,
    width: number,
    nodes: number,
    m: number,
    efConstruction: number,
  ): number
  hnswOpenBuild(shared: number, efConstruction: number, scratch: number): void
  hnswInsert(first: number, end: number): void
  hnswOpenSearch(
    metric: number,
    element: number,
    vectors: number,
    mask: number,
    near: number,
    places: number,
    scratch: number,
  ): void
  /** @returns the share of the rows near the query that may be found, roughly */
  hnswStartQuery(query: number, ef: number): number
  /**
   * The same for a walk that goes over masked rows as over any others: up to `ef` that may be found, among up
   * to `places` of all.
   */
  hnswStartPlainQuery(query: number, ef: number, places: number): number
  /** For a look at codes instead of a walk, of which the nearest `places` are kept. */
  hnswStartScan(query: number, places: number): void
  /** @returns 0 when the walk has ended */
  hnswWalk(stepCount: number): number
  /** After `hnswStartScan`. */
  hnswScanCodes(first: number, end: number): void
  /** @returns how many candidates were offered to the heap */
  hnswFinishQuery(candidateCount: number, heap: number, k: number, firstId: number): number
  /** Of the candidates last offered, those of the farther half that were nearer than some found before. */
  hnswLateCount(): number
  /** The rows of the candidates, uint32, where their vectors lie elsewhere. @returns how many */
  hnswListCandidates(candidateCount: number, list: number): number
  /** @param stored the raw rows that `list` names, in its order @returns how many were offered */
  hnswOfferRows(
    list: number,
    stored: number,
    count: number,
    heap: number,
    k: number,
    firstId: number,
  ): number
}

/** This thread's instance for a memory of a `VectorMemory`. */
export function hnswKernelsOn(memoryId: number, memory: WebAssembly.Memory): HnswKernels {
  return threadKernelsOn(memoryId, memory) as unknown as HnswKernels
}

/**
 * Bytes that `hnswOpenSearch` wants, without an instance of the kernels: a thread that only plans needs none.
 * @param places of the longest list that a walk keeps
 * @param innerMax nodes that may be nearer than `near`: all where it is given
 */
export function hnswSearchBytes(
  nodes: number,
  width: number,
  m: number,
  places: number,
  innerMax: number,
): number {
  const queryBytes = 4 * Math.ceil(width / 4) * 16 + 768
  const batchBytes = 32 * m + 64
  const visitBytes = Math.ceil(nodes / 128) * 16 + Math.min(nodes, visitLogMax) * 4
  return queryBytes + batchBytes + (places + 2) * 8 + visitBytes + innerMax * 4
}

const visitLogMax = 65_536

/** Kinds of codes, by their numbers in `assembly/hnsw-layout.ts`. */
export const hnswCodeKinds = {
  squared8: 0,
  dot8: 1,
  squared16: 2,
  dot16: 3,
  hamming: 4,
  jaccard: 5,
  squared4: 6,
  dot4: 7,
  squared6: 8,
  dot6: 9,
  squaredFloat16: 10,
  dotFloat16: 11,
  squaredBFloat16: 12,
  dotBFloat16: 13,
} as const
