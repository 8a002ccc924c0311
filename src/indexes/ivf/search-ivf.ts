import {
  blockPlaces,
  codeScanScratchBytes,
  productKernelsOn,
  productTableBytes,
} from '../../kernels/product-kernels.js'
import { rowKernelsOn } from '../../kernels/row-kernels.js'
import {
  distanceFromKey,
  heapPlaceBytes,
  scanKernelsOn,
  scanScratchBytes,
} from '../../kernels/scan-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import type { IndexSearchJob } from '../index-family.js'
import { type IvfLayout, readHead } from './ivf-layout.js'
import { type IvfShape, ivfShape } from './ivf-shape.js'
import type { ProductShape } from './product-shape.js'

/** Codes choose so many rows for one that is wanted; their true distances choose among those. */
const candidatesPerRow: Readonly<Record<string, number>> = { IVF_SQ8: 3, IVF_RABITQ: 8 }
const candidatesPerRowOfOthers = 6
const candidatesMin = 32

/** Where the scratch of a job begins what. */
interface IvfScratch {
  readonly probes: number
  readonly mask: number
  readonly scan: number
  readonly query: number
  /** Of a query of product codes, and what they are made in. */
  readonly tables: number
  readonly products: number
  readonly candidates: number
  readonly rows: number
  readonly byteLength: number
}

export function ivfScratchBytes(job: Omit<IndexSearchJob, 'scratch'>): number {
  return scratchFor(planOf(job), 0).byteLength
}

export function searchIvf(
  job: IndexSearchJob,
  context: Pick<WorkerContext, 'throwIfCancelled'>,
): void {
  const plan = planOf(job)
  const scratch = scratchFor(plan, job.scratch)
  const queryBytes = plan.shape.isBits ? plan.shape.rowBytes : plan.shape.width * 4
  for (let index = 0; index < job.nq; index++) {
    context.throwIfCancelled()
    const query = job.queries + index * queryBytes
    const heap = job.heaps + index * job.k * heapPlaceBytes
    searchOne(job, plan, scratch, query, heap)
  }
}

interface IvfPlan {
  readonly shape: IvfShape
  readonly layout: IvfLayout
  readonly longestList: number
  readonly step: number
  readonly probeCount: number
  /** Rows that the lists give: those wanted, or more, of which the best are then chosen. */
  readonly candidateCount: number
}

function planOf(job: Omit<IndexSearchJob, 'scratch'>): IvfPlan {
  const { memory, index, spec, params, k } = job
  const shape = ivfShape(spec, job)
  const head = readHead(memory, index, shape)
  const { rowCount, listCount } = head.layout
  const perRow = candidatesPerRow[spec.indexType] ?? candidatesPerRowOfOthers
  const wanted = Math.max(
    candidatesMin,
    params.reorder_k ?? 0,
    Math.ceil(k * Math.max(perRow, params.refine_k ?? 1)),
  )
  return {
    ...head,
    shape,
    probeCount: Math.min(params.nprobe, listCount),
    candidateCount: shape.isQuantized ? Math.min(rowCount, wanted) : k,
  }
}

function scratchFor(plan: IvfPlan, begin: number): IvfScratch {
  const { shape, longestList, probeCount, candidateCount } = plan
  const { element, width, rowBytes, centroidBytes, isQuantized, product } = shape
  const probes = begin
  const mask = aligned(probes + probeCount * heapPlaceBytes)
  const scan = aligned(mask + Math.ceil((longestList + blockPlaces) / 64) * 8)
  const scanBytes = Math.max(
    scanScratchBytes(1, element, width),
    scanScratchBytes(1, int8, width),
    codeScanScratchBytes,
  )
  const query = aligned(scan + scanBytes)
  const tables = aligned(query + centroidBytes)
  const products = aligned(tables + (product ? productTableBytes(product.codes) : 0))
  const candidates = aligned(products + (product ? product.codes * 64 + product.width * 4 : 0))
  const rows = aligned(candidates + candidateCount * heapPlaceBytes)
  const byteLength = aligned(rows + (isQuantized ? candidateCount * rowBytes : 0)) - begin
  return { probes, mask, scan, query, tables, products, candidates, rows, byteLength }
}

function aligned(address: number): number {
  return Math.ceil(address / 64) * 64
}

/** By the numbers of `kernelElements`. */
const int8 = 3

function searchOne(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  query: number,
  heap: number,
): void {
  findLists(job, plan, scratch, query)
  if (plan.shape.product) {
    fillTables(job, plan, scratch, query, plan.shape.product)
    scanBlocks(job, plan, scratch, plan.shape.product)
    rankCandidates(job, plan, scratch, query, heap)
    return
  }
  const lists = listsFound(job, plan, scratch)
  if (plan.shape.isQuantized) {
    quantizeQuery(job, plan, scratch, query)
    scanLists(job, plan, scratch, lists, scratch.query, scratch.candidates)
    rankCandidates(job, plan, scratch, query, heap)
  } else {
    scanLists(job, plan, scratch, lists, query, heap)
    placesToRows(job, plan, heap, job.k)
  }
}

/** The lists to look into. */
function findLists(
  job: IndexSearchJob,
  { shape, layout, probeCount }: IvfPlan,
  scratch: IvfScratch,
  query: number,
): void {
  const { memoryId, memory, index } = job
  const kernels = scanKernelsOn(memoryId, memory)
  const centroids = index + layout.centroids
  const wanted = normalizedQuery(job, shape, scratch, query)
  kernels.clearHeaps(scratch.probes, 1, probeCount)
  kernels.scan(
    ...([shape.listMetric, 0, shape.width, centroids, layout.listCount, 0, 0] as const),
    ...([wanted, 1, Number.NEGATIVE_INFINITY, scratch.probes, probeCount, scratch.scan] as const),
  )
  kernels.sortHeaps(scratch.probes, 1, probeCount)
}

/** In the order in which they lie. */
function listsFound(
  { memory }: IndexSearchJob,
  { probeCount }: IvfPlan,
  { probes }: IvfScratch,
): Uint32Array {
  const places = new Uint32Array(memory.buffer, probes, probeCount * 2)
  const lists = new Uint32Array(probeCount)
  for (let at = 0; at < probeCount; at++) lists[at] = places[at * 2]
  return lists.sort()
}

function normalizedQuery(
  { memoryId, memory }: IndexSearchJob,
  { isNormalized, width, centroidBytes }: IvfShape,
  scratch: IvfScratch,
  query: number,
): number {
  if (!isNormalized) return query
  new Uint8Array(memory.buffer).copyWithin(scratch.query, query, query + centroidBytes)
  rowKernelsOn(memoryId, memory).normalizeRows(width, scratch.query, 1)
  return scratch.query
}

/** The query among the codes. For products the offsets do not count: they add the same to all rows. */
function quantizeQuery(
  job: IndexSearchJob,
  { shape, layout, step }: IvfPlan,
  scratch: IvfScratch,
  query: number,
): void {
  const { memory, index, spec } = job
  const { width } = shape
  const source = new Float32Array(memory.buffer, normalizedQuery(job, shape, scratch, query), width)
  const target = new Float32Array(memory.buffer, scratch.query, width)
  const offsets = new Float32Array(memory.buffer, index + layout.offsets, width)
  const isProduct = spec.metric === 'IP'
  for (let at = 0; at < width; at++) {
    target[at] = isProduct ? source[at] : (source[at] - offsets[at]) / step
  }
}

/** What the codewords give with the query, which is prepared as rows are before they are encoded. */
function fillTables(
  job: IndexSearchJob,
  { shape, layout }: IvfPlan,
  scratch: IvfScratch,
  query: number,
  product: ProductShape,
): void {
  const { memoryId, memory, index, params } = job
  const { codes, subWidth, stageBits, width, isRotated } = product
  const kernels = productKernelsOn(memoryId, memory)
  const source = normalizedQuery(job, shape, scratch, query)
  const centered = scratch.products + codes * 64
  rowKernelsOn(memoryId, memory).centerRows(
    ...([shape.width, width, source, 1, index + layout.offsets, centered] as const),
  )
  if (isRotated) kernels.rotateRows(width, index + layout.signs, centered, 1)
  if (params.rbq_query_bits) {
    roundQuery(new Float32Array(memory.buffer, centered, width), params.rbq_query_bits)
  }
  kernels.fillTables(
    ...([codes, subWidth, stageBits.length, centered, index + layout.codebooks] as const),
    ...([scratch.tables, scratch.products] as const),
  )
}

/** Components are left with so many bits each. */
function roundQuery(query: Float32Array, bits: number): void {
  let widest = 0
  for (const value of query) widest = Math.max(widest, Math.abs(value))
  const step = (2 * widest) / (2 ** bits - 1)
  for (let at = 0; step > 0 && at < query.length; at++) {
    query[at] = Math.round((query[at] + widest) / step) * step - widest
  }
}

/** From the nearest list on, so that few rows of those after it are worth a place. */
function scanBlocks(
  job: IndexSearchJob,
  { layout, probeCount, candidateCount }: IvfPlan,
  scratch: IvfScratch,
  product: ProductShape,
): void {
  const { memoryId, memory, index } = job
  const { candidates, tables, scan } = scratch
  const kernels = productKernelsOn(memoryId, memory)
  const scans = scanKernelsOn(memoryId, memory)
  const begins = new Uint32Array(memory.buffer, index + layout.lists, layout.listCount + 1)
  const probes = new Uint32Array(memory.buffer, scratch.probes, probeCount * 2)
  const blocks = index + layout.codes
  scans.clearHeaps(candidates, 1, candidateCount)
  for (let at = 0; at < probeCount; at++) {
    const list = probes[at * 2]
    const [begin, end] = [begins[list], begins[list + 1]]
    const first = begin - (begin % blockPlaces)
    const mask = begin === end ? 0 : maskOf(job, layout, scratch, first, end - first)
    const distance = distanceFromKey(probes[at * 2 + 1])
    kernels.scanCodes(
      ...([product.codes, blocks, begin, end, mask, tables, distance] as const),
      ...([candidates, candidateCount, scan] as const),
    )
  }
  scans.sortHeaps(candidates, 1, candidateCount)
}

function scanLists(
  job: IndexSearchJob,
  { shape, layout, candidateCount }: IvfPlan,
  scratch: IvfScratch,
  lists: Uint32Array,
  query: number,
  heap: number,
): void {
  const { memoryId, memory, index, near } = job
  const kernels = scanKernelsOn(memoryId, memory)
  const begins = new Uint32Array(memory.buffer, index + layout.lists, layout.listCount + 1)
  const [metric, element] = shape.isQuantized
    ? [shape.listMetric, int8]
    : [shape.metric, shape.element]
  const least = shape.isQuantized ? Number.NEGATIVE_INFINITY : near
  kernels.clearHeaps(heap, 1, candidateCount)
  for (const list of lists) {
    const begin = begins[list]
    const count = begins[list + 1] - begin
    const mask = maskOf(job, layout, scratch, begin, count)
    const codes = index + layout.codes + begin * shape.codeBytes
    kernels.scan(
      ...([metric, element, shape.width, codes, count, begin, mask] as const),
      ...([query, 1, least, heap, candidateCount, scratch.scan] as const),
    )
  }
  kernels.sortHeaps(heap, 1, candidateCount)
}

/** The bits of a list's rows; 0: all may be found. */
function maskOf(
  { memoryId, memory, index, mask }: IndexSearchJob,
  layout: IvfLayout,
  scratch: IvfScratch,
  begin: number,
  count: number,
): number {
  if (mask === 0 || count === 0) return 0
  const ids = index + layout.ids + begin * 4
  rowKernelsOn(memoryId, memory).gatherMask(mask, ids, count, scratch.mask)
  return scratch.mask
}

/** Places of a sorted heap become rows of the search; rows equally near get into the order of their ids. */
function placesToRows(
  { memory, index, firstId }: IndexSearchJob,
  { layout }: IvfPlan,
  heap: number,
  k: number,
): void {
  const ids = new Uint32Array(memory.buffer, index + layout.ids, layout.rowCount)
  const places = new Uint32Array(memory.buffer, heap, k * 2)
  for (let at = 0; at < k && places[at * 2 + 1] !== emptyKey; at++) {
    const id = firstId + ids[places[at * 2]]
    const key = places[at * 2 + 1]
    let to = at
    for (; to > 0 && places[to * 2 - 1] === key && places[to * 2 - 2] > id; to--) {
      places[to * 2] = places[to * 2 - 2]
    }
    places[to * 2] = id
  }
}

/** The true distances of the candidates decide. */
function rankCandidates(
  job: IndexSearchJob,
  { shape, layout, candidateCount }: IvfPlan,
  scratch: IvfScratch,
  query: number,
  heap: number,
): void {
  const { memoryId, memory, index, vectors, near, k, firstId } = job
  const places = new Uint32Array(memory.buffer, scratch.candidates, candidateCount * 2)
  const ids = new Uint32Array(memory.buffer, index + layout.ids, layout.rowCount)
  let count = 0
  while (count < candidateCount && places[count * 2 + 1] !== emptyKey) count++
  const rows = new Uint32Array(count)
  for (let at = 0; at < count; at++) rows[at] = ids[places[at * 2]]
  rows.sort()
  const rowIds = new Uint32Array(memory.buffer, scratch.candidates, count)
  rowIds.set(rows)
  rowKernelsOn(memoryId, memory).gatherRows(
    ...([shape.rowBytes, vectors, scratch.candidates, count, scratch.rows] as const),
  )
  const kernels = scanKernelsOn(memoryId, memory)
  kernels.clearHeaps(heap, 1, k)
  kernels.scan(
    ...([shape.metric, shape.element, shape.width, scratch.rows, count, 0, 0] as const),
    ...([query, 1, near, heap, k, scratch.scan] as const),
  )
  kernels.sortHeaps(heap, 1, k)
  const found = new Uint32Array(memory.buffer, heap, k * 2)
  for (let at = 0; at < k && found[at * 2 + 1] !== emptyKey; at++) {
    found[at * 2] = firstId + rows[found[at * 2]]
  }
}

const emptyKey = 0xffffffff
