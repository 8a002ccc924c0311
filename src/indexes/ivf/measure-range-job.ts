/** Floats of which codes of 8 bits are to be made. */
export interface MeasureRangeInput {
  readonly memory: WebAssembly.Memory
  readonly sample: number
  readonly sampleCount: number
  readonly width: number
  /** Filled: the middle of each component's range, float32. */
  readonly offsets: number
}

/** @returns what a code more stands for: one for all components, so that codes have distances */
export function run({ memory, sample, sampleCount, width, offsets }: MeasureRangeInput): number {
  const floats = new Float32Array(memory.buffer, sample, sampleCount * width)
  const middles = new Float32Array(memory.buffer, offsets, width)
  let widest = 0
  for (let component = 0; component < width; component++) {
    let min = Number.POSITIVE_INFINITY
    let max = Number.NEGATIVE_INFINITY
    for (let at = component; at < floats.length; at += width) {
      min = Math.min(min, floats[at])
      max = Math.max(max, floats[at])
    }
    middles[component] = (min + max) / 2
    widest = Math.max(widest, max - min)
  }
  return widest > 0 ? (widest * roomForOthers) / codeSteps : 1
}

const codeSteps = 254
/** Rows that are not in the sample may lie a little outside of its range. */
const roomForOthers = 1.05
