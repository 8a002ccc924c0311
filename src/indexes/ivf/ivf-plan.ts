import { byteQueryBytes } from '../../kernels/byte-kernels.js'
import {
  blockPlaces,
  codeScanScratchBytes,
  productTableBytes,
} from '../../kernels/product-kernels.js'
import {
  heapPlaceBytes,
  scanScratchBytes,
  scanTogetherScratchBytes,
} from '../../kernels/scan-kernels.js'
import type { IndexSearchJob } from '../index-family.js'
import { type IvfLayout, readHead } from './ivf-layout.js'
import { type IvfShape, ivfShape } from './ivf-shape.js'

/** More queries whose lists are found together gain nothing. */
const queriesAtOnce = 32
/** Codes choose so many rows for one that is wanted; their true distances choose among those. */
const candidatesPerRow: Readonly<Record<string, number>> = { IVF_SQ8: 3, IVF_RABITQ: 8, SCANN: 5 }
const candidatesPerRowOfOthers = 6
const candidatesMin = 32
/** Of codes that answer exactly: so many first, and where they do not settle it this many times as many. */
const exactCandidatesPerRow = 3
const exactCandidatesMin = 32
export const manyCandidates = 4
/** More where what may be found lies far from the query: it is about equally near, and codes tell it apart less well. */
const farCandidates = 8

export interface IvfPlan {
  readonly shape: IvfShape
  readonly layout: IvfLayout
  readonly longestList: number
  readonly step: number
  /** Queries whose lists are found together. */
  readonly together: number
  readonly probeCount: number
  /** Rows that the lists give: those wanted, or more, of which the best are then chosen. */
  readonly candidateCount: number
  /** The same where what may be found lies elsewhere. */
  readonly farCandidateCount: number
  /** The rows of the candidates are read from the file. */
  readonly readsRows: boolean
}

export function planOf(job: Omit<IndexSearchJob, 'scratch'>): IvfPlan {
  const { memory, index, spec, params, k } = job
  const head = readHead(memory, index, ivfShape(spec, job))
  const { shape } = head
  const { rowCount, listCount } = head.layout
  const perRow = candidatesPerRow[spec.indexType] ?? candidatesPerRowOfOthers
  const wanted = Math.max(
    candidatesMin,
    params.reorder_k ?? 0,
    Math.ceil(k * Math.max(perRow, params.refine_k ?? 1)),
  )
  const candidateCount = candidateCountOf(shape, rowCount, wanted, k)
  const mayBeFar = job.mask !== 0 && shape.isQuantized && !shape.isExact
  return {
    shape,
    layout: head.layout,
    longestList: head.longestList,
    step: head.step,
    together: Math.min(queriesAtOnce, job.nq),
    probeCount: Math.min(params.nprobe, listCount),
    candidateCount,
    farCandidateCount: mayBeFar
      ? Math.max(1, Math.min(rowCount, candidateCount * farCandidates))
      : candidateCount,
    readsRows: job.file !== null && shape.isQuantized && !shape.isExact,
  }
}

function candidateCountOf(
  { isQuantized, isExact }: IvfShape,
  rowCount: number,
  wanted: number,
  k: number,
): number {
  if (isExact) return manyCandidates * Math.max(exactCandidatesMin, exactCandidatesPerRow * k)
  return isQuantized ? Math.max(1, Math.min(rowCount, wanted)) : k
}

/** Where the scratch of a job begins what. */
export interface IvfScratch {
  /** A heap for each query whose lists are found together. */
  readonly probes: number
  /** Those queries, where they are not looked at as they are. */
  readonly queries: number
  readonly mask: number
  readonly scan: number
  readonly query: number
  /** Of a query of product codes, and what they are made in; or the query among int8 codes. */
  readonly tables: number
  readonly products: number
  readonly candidates: number
  /** The rows of candidates, uint32, and room for one of float32. */
  readonly found: number
  readonly row: number
  /** The raw rows of candidates, where they are read. */
  readonly stored: number
  readonly byteLength: number
}

export function scratchFor(plan: IvfPlan, begin: number): IvfScratch {
  const { shape, longestList, probeCount, farCandidateCount, together, readsRows } = plan
  const { element, width, rowBytes, centroidBytes, isQuantized, isNormalized, product } = shape
  const probes = begin
  const queries = aligned(probes + together * probeCount * heapPlaceBytes)
  const mask = aligned(queries + (isNormalized ? together * centroidBytes : 0))
  const scan = aligned(mask + Math.ceil((longestList + blockPlaces) / 64) * 8)
  const scanBytes = Math.max(
    ...[scanScratchBytes(together, element, width), scanTogetherScratchBytes, codeScanScratchBytes],
  )
  const query = aligned(scan + scanBytes)
  const tables = aligned(query + centroidBytes)
  const products = aligned(
    tables + (product ? productTableBytes(product.codes) : byteQueryBytes(width)),
  )
  const candidates = aligned(products + (product ? product.codes * 64 + product.width * 4 : 0))
  const found = aligned(candidates + farCandidateCount * heapPlaceBytes)
  const row = aligned(found + farCandidateCount * 4)
  const stored = aligned(row + (isQuantized ? centroidBytes : 0))
  const byteLength = aligned(stored + (readsRows ? farCandidateCount * rowBytes : 0)) - begin
  return {
    probes,
    queries,
    mask,
    scan,
    query,
    tables,
    products,
    candidates,
    found,
    row,
    stored,
    byteLength,
  }
}

function aligned(address: number): number {
  return Math.ceil(address / 64) * 64
}
