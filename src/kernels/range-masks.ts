import { kernelExportsOn, pageBytes } from './kernel-module.js'

/** What a column of single numbers may be. */
type RangedValues =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array

/**
 * Sets a bit for each of the first `count` values that lies in a range, both bounds included, and clears the
 * others. Blocks of values are copied to where the kernel sees them, which stays in the processor's cache.
 * Bounds of integers are whole numbers, those of float32 are float32; NaN lies in no range.
 * @param mask the bits of the values, in whole bytes
 */
export function writeRangeMask(
  values: RangedValues,
  count: number,
  low: number | bigint,
  high: number | bigint,
  mask: Uint8Array,
): void {
  const element = elementOf(values)
  const bounds = boundsWithin(element, low, high)
  if (bounds === null) {
    mask.fill(0, 0, (count + 7) >> 3)
    return
  }
  scratch ??= newScratch()
  const { kernels, bytes, masks } = scratch
  const kernel = kernels[element.kernel] as RangeKernel
  const blockRows = blockBytes / values.BYTES_PER_ELEMENT
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  for (let begin = 0; begin < count; begin += blockRows) {
    const rows = Math.min(blockRows, count - begin)
    const from = begin * values.BYTES_PER_ELEMENT
    bytes.set(raw.subarray(from, from + rows * values.BYTES_PER_ELEMENT))
    kernel(blockAddress, rows, bounds[0], bounds[1], maskAddress)
    mask.set(masks.subarray(0, (rows + 7) >> 3), begin >> 3)
  }
}

type Bound = number | bigint

type RangeKernel = (values: number, count: number, low: Bound, high: Bound, mask: number) => void

interface Element {
  readonly kernel: string
  /** Of integers, what they can be; null: floats. */
  readonly least: Bound | null
  readonly most: Bound
}

function elementOf(values: RangedValues): Element {
  if (values instanceof BigInt64Array) return elements.int64
  if (values instanceof Float64Array) return elements.float64
  if (values instanceof Float32Array) return elements.float32
  if (values instanceof Int32Array) return elements.int32
  return values instanceof Int16Array ? elements.int16 : elements.int8
}

/** Of bytes without a sign only 0 and 1 are used, which are the same with one. */
const elements = {
  int8: { kernel: 'rangeMaskInt8', least: -(2 ** 7), most: 2 ** 7 - 1 },
  int16: { kernel: 'rangeMaskInt16', least: -(2 ** 15), most: 2 ** 15 - 1 },
  int32: { kernel: 'rangeMaskInt32', least: -(2 ** 31), most: 2 ** 31 - 1 },
  int64: { kernel: 'rangeMaskInt64', least: -(2n ** 63n), most: 2n ** 63n - 1n },
  float32: { kernel: 'rangeMaskFloat32', least: null, most: 0 },
  float64: { kernel: 'rangeMaskFloat64', least: null, most: 0 },
} as const satisfies Record<string, Element>

/** Bounds as the kernel takes them; null: no value lies between them. */
function boundsWithin({ least, most }: Element, low: Bound, high: Bound): [Bound, Bound] | null {
  // NaN, which is no bound, compares as false.
  if (!(low <= high)) return null
  if (least === null) return [low, high]
  if (low > most || high < least) return null
  return [low < least ? least : low, high > most ? most : high]
}

/** As much as stays in the first caches of any processor, beside the mask. */
const blockBytes = 64 * 1024
const blockAddress = pageBytes
const maskAddress = blockAddress + blockBytes

interface Scratch {
  readonly kernels: Record<string, unknown>
  readonly bytes: Uint8Array
  readonly masks: Uint8Array
}

/** This thread's, since a mask is written at once. */
let scratch: Scratch | null = null

function newScratch(): Scratch {
  const pages = 2 + blockBytes / pageBytes
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  return {
    kernels: kernelExportsOn(memory),
    bytes: new Uint8Array(memory.buffer, blockAddress, blockBytes),
    masks: new Uint8Array(memory.buffer, maskAddress, blockBytes / 8),
  }
}
