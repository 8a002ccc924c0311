import { codewordCount, productKernelsOn, rotationRounds } from '../../kernels/product-kernels.js'
import { rowKernelsOn } from '../../kernels/row-kernels.js'
import { readHead } from './ivf-layout.js'
import type { IvfShape } from './ivf-shape.js'
import type { ProductShape } from './product-shape.js'

/** What product codes need besides the rows and the codewords: all of it is found from a sample. */
export interface TrainCodesInput {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** Its head and centroids are written; its offsets, codebooks and signs are filled. */
  readonly index: number
  readonly sample: number
  readonly sampleCount: number
  /** The list of each row of the sample, uint32. */
  readonly lists: number
  /** Filled: the centroids as they are encoded, and the mean behind them. */
  readonly centers: number
  /** Filled, where codewords are to be trained: the sample's differences to its centroids, as they are encoded. */
  readonly differences: number
}

export function run(input: TrainCodesInput): void {
  const { product } = input.shape
  if (!product) return
  fillMean(input)
  if (product.isRotated) fillSigns(input, product)
  fillCenters(input, product)
  if (product.isRotated) fillSignWords(input, product)
  else fillDifferences(input, product)
}

/** The mean of the centroids: what all rows have in common would take the best of the codes. */
function fillMean({ memory, shape, index }: TrainCodesInput): void {
  const { width } = shape
  const { layout } = readHead(memory, index, shape)
  const { listCount } = layout
  const centroids = new Float32Array(memory.buffer, index + layout.centroids, listCount * width)
  const sums = new Float64Array(width)
  for (let at = 0; at < centroids.length; at++) sums[at % width] += centroids[at]
  new Float32Array(memory.buffer, index + layout.offsets, width).set(
    sums.map((sum) => sum / listCount),
  )
}

function fillSigns({ memory, shape, index }: TrainCodesInput, { width }: ProductShape): void {
  const { signs } = readHead(memory, index, shape).layout
  const values = new Float32Array(memory.buffer, index + signs, rotationRounds * width)
  let state = 0x9e3779b9
  for (let at = 0; at < values.length; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    values[at] = state & 0x10000 ? 1 : -1
  }
}

function fillCenters(input: TrainCodesInput, product: ProductShape): void {
  const { memoryId, memory, shape, index, centers } = input
  const { layout } = readHead(memory, index, shape)
  const { listCount } = layout
  const kernels = rowKernelsOn(memoryId, memory)
  const [centroids, mean] = [index + layout.centroids, index + layout.offsets]
  const meanRow = centers + listCount * product.width * 4
  const values = new Float32Array(memory.buffer, meanRow, product.width).fill(0)
  values.set(new Float32Array(memory.buffer, mean, shape.width))
  kernels.centerRows(shape.width, product.width, centroids, listCount, mean, centers)
  if (!product.isRotated) return
  const signs = index + layout.signs
  productKernelsOn(memoryId, memory).rotateRows(product.width, signs, centers, listCount + 1)
}

/** All ways in which the signs of a code's components can stand. */
function fillSignWords({ memory, shape, index }: TrainCodesInput, product: ProductShape): void {
  const { codes, subWidth } = product
  const { codebooks } = readHead(memory, index, shape).layout
  const begin = index + codebooks
  const values = new Float32Array(memory.buffer, begin, codes * subWidth * codewordCount)
  for (let at = 0; at < values.length; at++) {
    const component = Math.floor(at / codewordCount) % subWidth
    values[at] = ((at % codewordCount) >> component) & 1 ? 1 : -1
  }
}

function fillDifferences(input: TrainCodesInput, { width }: ProductShape): void {
  const { memoryId, memory, shape, index, sample, sampleCount, lists, centers } = input
  const { layout } = readHead(memory, index, shape)
  rowKernelsOn(memoryId, memory).centerRows(
    ...([
      shape.width,
      width,
      sample,
      sampleCount,
      index + layout.offsets,
      input.differences,
    ] as const),
  )
  const rows = new Float32Array(memory.buffer, input.differences, sampleCount * width)
  const centroids = new Float32Array(memory.buffer, centers, layout.listCount * width)
  const rowLists = new Uint32Array(memory.buffer, lists, sampleCount)
  for (let row = 0; row < sampleCount; row++) {
    const centroid = rowLists[row] * width
    for (let at = 0; at < width; at++) rows[row * width + at] -= centroids[centroid + at]
  }
}
