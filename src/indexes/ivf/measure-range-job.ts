/** Floats of which codes of 8 bits are to be made. */
export interface MeasureRangeInput {
  readonly memory: WebAssembly.Memory
  readonly sample: number
  readonly sampleCount: number
  readonly width: number
  /** Filled: the middle of each component's range, float32. */
  readonly offsets: number
}

export interface MeasuredRange {
  /** What a code more stands for: one for all components, so that codes have distances. */
  readonly step: number
  /** Whether rounding takes so little that it hardly ever hides which row is nearer. */
  readonly isFine: boolean
}

export function run(input: MeasureRangeInput): MeasuredRange {
  const { memory, sample, sampleCount, width, offsets } = input
  const floats = new Float32Array(memory.buffer, sample, sampleCount * width)
  const least = new Float32Array(width).fill(Number.POSITIVE_INFINITY)
  const most = new Float32Array(width).fill(Number.NEGATIVE_INFINITY)
  for (let row = 0; row < floats.length; row += width) {
    for (let at = 0; at < width; at++) {
      least[at] = Math.min(least[at], floats[row + at])
      most[at] = Math.max(most[at], floats[row + at])
    }
  }
  const middles = new Float32Array(memory.buffer, offsets, width)
  let widest = 0
  for (let at = 0; at < width; at++) {
    middles[at] = sampleCount > 0 ? (least[at] + most[at]) / 2 : 0
    widest = Math.max(widest, most[at] - least[at])
  }
  const step = widest > 0 ? (widest * roomForOthers) / codeSteps : 1
  return { step, isFine: step * step < finestShare * meanVariance(floats, width) }
}

const codeSteps = 254
/** Rows that are not in the sample may lie a little outside of its range. */
const roomForOthers = 1.05
/** Of the variance; rounding then takes less than a twenty-fifth of a row's distance to the mean. */
const finestShare = 0.02

/** Of a component, over all of them. */
function meanVariance(floats: Float32Array, width: number): number {
  const sums = new Float64Array(width)
  let squares = 0
  for (let row = 0; row < floats.length; row += width) {
    for (let at = 0; at < width; at++) {
      const value = floats[row + at]
      sums[at] += value
      squares += value * value
    }
  }
  const rowCount = floats.length / width
  const meanSquares = sums.reduce((total, sum) => total + (sum / rowCount) ** 2, 0)
  return (squares / rowCount - meanSquares) / width
}
