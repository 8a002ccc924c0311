import { codewordCount, productBookBytes, productKernelsOn } from '../../kernels/product-kernels.js'
import type { WorkerContext } from '../../workers/worker-job.js'
import { readHead } from './ivf-layout.js'
import type { IvfShape } from './ivf-shape.js'
import type { ProductShape } from './product-shape.js'

/** Some parts of rows whose codewords are to be found. Several threads may, each some. */
export interface TrainWordsInput {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly shape: IvfShape
  /** Its codebooks are filled. */
  readonly index: number
  /** As `TrainCodesInput` has them; what codewords leave of them stays. */
  readonly differences: number
  readonly sampleCount: number
  readonly beginPart: number
  readonly endPart: number
  /** `trainScratchBytes(product)` bytes. */
  readonly scratch: number
}

const rounds = 8

export function trainScratchBytes({ subWidth }: ProductShape): number {
  return codewordCount * (subWidth + 1) * 4
}

/** Codewords by k-means over the sample's differences to its centroids. */
export function run(input: TrainWordsInput, context: WorkerContext): void {
  const { memory, shape, index, beginPart, endPart, differences, sampleCount } = input
  const { layout } = readHead(memory, index, shape)
  const product = shape.product!
  const { stageBits, subWidth, width } = product
  const stages = stageBits.length
  for (let code = beginPart * stages; code < endPart * stages; code++) {
    context.throwIfCancelled()
    const part = Math.floor(code / stages) * subWidth
    trainBook(input, product, {
      parts: differences + part * 4,
      book: index + layout.codebooks + code * productBookBytes(subWidth),
      wordCount: 2 ** stageBits[code % stages],
      values: new Float32Array(memory.buffer, differences, sampleCount * width),
      part,
    })
  }
}

/** The codewords of one code. */
interface Book {
  readonly parts: number
  readonly book: number
  readonly wordCount: number
  readonly values: Float32Array
  readonly part: number
}

function trainBook(input: TrainWordsInput, product: ProductShape, book: Book): void {
  const { memoryId, memory, sampleCount, scratch } = input
  const { subWidth, width } = product
  const kernels = productKernelsOn(memoryId, memory)
  const words = new Float32Array(memory.buffer, book.book, subWidth * codewordCount)
  for (let word = 0; word < codewordCount; word++) {
    const row = Math.floor((sampleCount * (word % book.wordCount)) / book.wordCount)
    takePart(words, word, subWidth, book, row * width)
  }
  const sums = new Float32Array(memory.buffer, scratch, codewordCount * (subWidth + 1))
  for (let round = 0; round <= rounds; round++) {
    const takes = round === rounds ? 1 : 0
    sums.fill(0)
    kernels.sumWords(subWidth, width * 4, book.parts, sampleCount, book.book, scratch, takes)
    if (!takes) moveWords(words, sums, subWidth, book.wordCount)
  }
}

function takePart(
  words: Float32Array,
  word: number,
  subWidth: number,
  { values, part }: Book,
  row: number,
): void {
  for (let at = 0; at < subWidth; at++) {
    words[at * codewordCount + word] = values[row + part + at]
  }
}

/** A word that nothing is near stays. Those that are too many are where another one is. */
function moveWords(
  words: Float32Array,
  sums: Float32Array,
  subWidth: number,
  wordCount: number,
): void {
  for (let word = 0; word < codewordCount; word++) {
    const sum = (word % wordCount) * (subWidth + 1)
    const count = sums[sum + subWidth]
    for (let at = 0; count > 0 && at < subWidth; at++) {
      words[at * codewordCount + word] = sums[sum + at] / count
    }
  }
}
