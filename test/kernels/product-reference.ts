// The plain twin of the kernels of product codes: what they must give, written to be read.

export interface ProductCodes {
  readonly subWidth: number
  readonly stages: number
  /** 16 words of `subWidth` floats for each code. */
  readonly books: readonly (readonly Float32Array[])[]
}

export interface EncodedRow {
  readonly codes: readonly number[]
  readonly term: number
  readonly scale: number
}

/** Signs turned, then a Hadamard transform of the first or the last window, and both halves mixed. */
export function rotated(row: Float32Array, signs: Float32Array): number[] {
  let values = [...row]
  const { length } = values
  const window = 2 ** Math.floor(Math.log2(length))
  for (let round = 0; round < 4; round++) {
    values = values.map((value, at) => value * signs[round * length + at])
    const begin = round % 2 === 1 ? length - window : 0
    values.splice(begin, window, ...transformed(values.slice(begin, begin + window)))
    if (window !== length) values = mixed(values)
  }
  return values
}

function transformed(values: readonly number[]): number[] {
  return values.map((_, row) => {
    const sum = values.reduce((total, value, at) => total + (isOdd(row & at) ? -value : value), 0)
    return sum / Math.sqrt(values.length)
  })
}

function isOdd(bits: number): boolean {
  return bits === 0 ? false : isOdd(bits & (bits - 1)) === false
}

function mixed(values: readonly number[]): number[] {
  const half = values.length / 2
  return values.map((value, at) =>
    at < half ? (value + values[at + half]) / Math.SQRT2 : (values[at - half] - value) / Math.SQRT2,
  )
}

export function encoded(
  row: Float32Array,
  centroid: Float32Array,
  mean: Float32Array,
  { subWidth, stages, books }: ProductCodes,
  isProduct: boolean,
): EncodedRow {
  const difference = row.map((value, at) => value - centroid[at])
  const rest = difference.slice()
  const codes = books.map((book, code) => {
    const part = rest.subarray(Math.floor(code / stages) * subWidth).subarray(0, subWidth)
    const word = nearestWord(part, book)
    for (let at = 0; at < subWidth; at++) part[at] -= book[word][at]
    return word
  })
  const stood = difference.map((value, at) => value - rest[at])
  const along = dot(difference, stood)
  const share = along > 0 ? dot(difference, difference) / along : 0
  const shared = share * dot(centroid, stood)
  if (!isProduct) {
    return { codes, term: dot(difference, difference) + 2 * shared, scale: -2 * share }
  }
  const term = shared - dot(difference, centroid) - dot(difference, mean)
  return { codes, term, scale: -share }
}

function nearestWord(part: Float32Array, book: readonly Float32Array[]): number {
  const distances = book.map((word) =>
    part.reduce((sum, value, at) => sum + (value - word[at]) ** 2, 0),
  )
  return distances.indexOf(Math.min(...distances))
}

/** What each codeword gives with the query. */
export function products(
  query: Float32Array,
  { subWidth, stages, books }: ProductCodes,
): number[][] {
  return books.map((book, code) => {
    const begin = Math.floor(code / stages) * subWidth
    return book.map((word) => dot(query.subarray(begin, begin + subWidth), word))
  })
}

export function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < left.length; at++) sum += left[at] * right[at]
  return sum
}
