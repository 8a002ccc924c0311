import { blockPlaces, productKernelsOn } from '../../kernels/product-kernels.js'
import { rowKernelsOn } from '../../kernels/row-kernels.js'
import { distanceFromKey, scanKernelsOn } from '../../kernels/scan-kernels.js'
import type { IndexSearchJob } from '../index-family.js'
import type { IvfPlan, IvfScratch } from './ivf-plan.js'
import { maskOf, normalizedQueries } from './nearest-lists.js'
import type { ProductShape } from './product-shape.js'

/** Leaves the best candidates of the lists that were found, by estimates. */
export function searchProducts(
  job: IndexSearchJob,
  plan: IvfPlan,
  scratch: IvfScratch,
  candidateCount: number,
  query: number,
  product: ProductShape,
): void {
  fillTables(job, plan, scratch, query, product)
  scanKernelsOn(job.memoryId, job.memory).clearHeaps(scratch.candidates, 1, candidateCount)
  if (job.mask === 0) scanAll(job, plan, scratch, candidateCount, product)
  else scanMasked(job, plan, scratch, candidateCount, product)
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
  const source = normalizedQueries(job, shape, scratch.query, query, 1)
  const centered = scratch.products + codes * 64
  rowKernelsOn(memoryId, memory).centerRows(
    ...([shape.width, width, source, 1, index + layout.offsets, centered] as const),
  )
  if (isRotated) kernels.rotateRows(width, index + layout.signs, centered, 1)
  const queryBits = params.rbq_bits_query ?? params.rbq_query_bits
  if (queryBits) roundQuery(new Float32Array(memory.buffer, centered, width), queryBits)
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
function scanAll(
  { memoryId, memory, index }: IndexSearchJob,
  { layout, probeCount }: IvfPlan,
  { probes, tables, candidates, scan }: IvfScratch,
  candidateCount: number,
  product: ProductShape,
): void {
  const [blocks, lists] = [index + layout.codes, index + layout.lists]
  productKernelsOn(memoryId, memory).scanCodesOfLists(
    ...([product.codes, blocks, lists, probes, probeCount, tables] as const),
    ...([candidates, candidateCount, scan] as const),
  )
}

function scanMasked(
  job: IndexSearchJob,
  { layout, probeCount }: IvfPlan,
  scratch: IvfScratch,
  candidateCount: number,
  product: ProductShape,
): void {
  const { memoryId, memory, index } = job
  const { candidates, tables, scan } = scratch
  const kernels = productKernelsOn(memoryId, memory)
  const begins = new Uint32Array(memory.buffer, index + layout.lists, layout.listCount + 1)
  const probes = new Uint32Array(memory.buffer, scratch.probes, probeCount * 2)
  const blocks = index + layout.codes
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
}
