import { blockPlaces, productKernelsOn } from '../../kernels/product-kernels.js'
import { rowKernelsOn } from '../../kernels/row-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import { errorBytes, errorPlaces, readHead } from './ivf-layout.js'
import type { IvfShape } from './ivf-shape.js'
import type { ProductShape } from './product-shape.js'

/** Places whose codes are to be filled. Several threads may, each some. */
export interface EncodeRowsInput {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** But for its codes it is complete. */
  readonly index: number
  readonly rows: number
  /** A multiple of `placesAtOnce`. */
  readonly begin: number
  readonly end: number
  /** As `TrainCodesInput` has them; 0 where there are no product codes. */
  readonly centers: number
  /** `encodeScratchBytes(shape)` bytes. */
  readonly scratch: number
}

export const placesAtOnce = errorPlaces

export function encodeScratchBytes({ rowBytes, width, product }: IvfShape): number {
  const productBytes = product ? placesAtOnce * (product.width * 4 + 4) + product.width * 8 : 0
  return placesAtOnce * (rowBytes + width * 4) + productBytes
}

/** Reports how many places are done. */
export function run(input: EncodeRowsInput, context: WorkerContext): void {
  for (let place = input.begin; place < input.end; place += placesAtOnce) {
    context.throwIfCancelled()
    const count = Math.min(placesAtOnce, input.end - place)
    encode(input, place, count)
    const done = place - input.begin + count
    if (done % (placesAtOnce * 16) === 0 || place + count === input.end)
      context.reportProgress(done)
  }
}

function encode(input: EncodeRowsInput, place: number, count: number): void {
  const { memoryId, memory, index, rows, shape, scratch } = input
  const { element, width, rowBytes, codeBytes, isQuantized, isNormalized, product } = shape
  const { layout, step } = readHead(memory, index, shape)
  const kernels = rowKernelsOn(memoryId, memory)
  const ids = index + layout.ids + place * 4
  const codes = index + layout.codes + place * codeBytes
  if (!isQuantized) {
    kernels.gatherRows(rowBytes, rows, ids, count, codes)
    return
  }
  const floats = scratch + placesAtOnce * rowBytes
  kernels.gatherRows(rowBytes, rows, ids, count, scratch)
  kernels.widenRows(element, width, scratch, count, floats)
  if (isNormalized) kernels.normalizeRows(width, floats, count)
  if (product) encodeProducts(input, product, place, count, floats)
  else {
    const offsets = index + layout.offsets
    kernels.quantizeRows(width, floats, count, offsets, step, codes)
    if (!shape.isExact) return
    const errors = index + layout.errors + (place / errorPlaces) * errorBytes
    kernels.measureBytes(width, floats, count, offsets, step, codes, errors)
  }
}

function encodeProducts(
  input: EncodeRowsInput,
  product: ProductShape,
  place: number,
  count: number,
  floats: number,
): void {
  const { memoryId, memory, shape, index, centers } = input
  const { layout } = readHead(memory, index, shape)
  const centered = floats + placesAtOnce * shape.width * 4
  const lists = centered + placesAtOnce * product.width * 4
  const kernels = productKernelsOn(memoryId, memory)
  rowKernelsOn(memoryId, memory).centerRows(
    ...([shape.width, product.width, floats, count, index + layout.offsets, centered] as const),
  )
  if (product.isRotated) {
    kernels.rotateRows(product.width, index + layout.signs, centered, count)
  }
  fillLists(input, place, new Uint32Array(memory.buffer, lists, count))
  const blocks = index + layout.codes + (place / blockPlaces) * product.blockBytes
  clearLastBlock(memory, blocks, product, count)
  kernels.encodeRows(
    ...([shape.isProduct ? 1 : 0, product.width, product.subWidth] as const),
    ...([product.stageBits.length, centered, count, lists, centers] as const),
    ...([centers + layout.listCount * product.width * 4, index + layout.codebooks] as const),
    ...([blocks, lists + placesAtOnce * 4] as const),
  )
}

/** The list of each place. */
function fillLists({ memory, shape, index }: EncodeRowsInput, first: number, lists: Uint32Array) {
  const { layout } = readHead(memory, index, shape)
  const begins = new Uint32Array(memory.buffer, index + layout.lists, layout.listCount + 1)
  let list = listOf(begins, first)
  for (let at = 0; at < lists.length; at++) {
    while (begins[list + 1] <= first + at) list++
    lists[at] = list
  }
}

function listOf(begins: Uint32Array, place: number): number {
  let low = 0
  let high = begins.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (begins[middle] <= place) low = middle
    else high = middle
  }
  return low
}

/** The same rows always make the same file. */
function clearLastBlock(
  { buffer }: WebAssembly.Memory,
  blocks: number,
  { blockBytes }: ProductShape,
  count: number,
): void {
  const whole = Math.floor(count / blockPlaces)
  if (count % blockPlaces === 0) return
  new Uint8Array(buffer, blocks + whole * blockBytes, blockBytes).fill(0)
}
