import { kernelExportsOn, pageBytes } from './kernel-module.js'

/** What a column of single numbers may be. */
type SetValues = SmallValues | Int32Array | BigInt64Array | Float32Array | Float64Array
type SmallValues = Uint8Array | Int8Array | Int16Array
type HashedValues = Exclude<SetValues, SmallValues>

/**
 * Sets a bit for each of the first `count` values that is one of those that are wanted, and clears the others.
 * Blocks of values are copied to where the kernel sees them, beside a table of what is wanted, which stays
 * there for the next columns that are tested by the same array. 0 is −0 too, and NaN is no value.
 * @param wanted each once; of BigInt64Array columns int64, else numbers
 * @param mask the bits of the values, in whole bytes
 */
export function writeSetMask(
  values: SetValues,
  count: number,
  wanted: Float64Array | BigInt64Array,
  mask: Uint8Array,
): void {
  if (isSmall(values)) writeSmallMask(values, count, wanted, mask)
  else writeHashedMask(values, count, wanted, mask)
}

function isSmall(values: SetValues): values is SmallValues {
  return values.BYTES_PER_ELEMENT < 4
}

/** So few numbers are possible that each has a place of its own. */
function writeSmallMask(
  values: SmallValues,
  count: number,
  wanted: Float64Array | BigInt64Array,
  mask: Uint8Array,
): void {
  const isWanted = new Uint8Array(65_536)
  for (const value of wanted) {
    const number = Number(value)
    if ((number << 16) >> 16 === number) isWanted[number & 0xffff] = 1
  }
  for (let begin = 0; begin < count; begin += 8) {
    let bits = 0
    const end = Math.min(count, begin + 8)
    for (let at = begin; at < end; at++) bits |= isWanted[values[at] & 0xffff] << (at - begin)
    mask[begin >> 3] = bits
  }
}

function writeHashedMask(
  values: HashedValues,
  count: number,
  wanted: Float64Array | BigInt64Array,
  mask: Uint8Array,
): void {
  if (table?.wanted !== wanted || table.type !== values.constructor)
    table = newTable(values, wanted)
  const { kernels, bytes, masks, wantedAddress, tableAddress, shift } = table
  const kernel = values.BYTES_PER_ELEMENT === 8 ? kernels.setMask64 : kernels.setMask32
  const blockRows = blockBytes / values.BYTES_PER_ELEMENT
  const raw = bytesOf(values)
  for (let begin = 0; begin < count; begin += blockRows) {
    const rows = Math.min(blockRows, count - begin)
    const from = begin * values.BYTES_PER_ELEMENT
    bytes.set(raw.subarray(from, from + rows * values.BYTES_PER_ELEMENT))
    kernel(blockAddress, rows, wantedAddress, tableAddress, shift, maskAddress)
    mask.set(masks.subarray(0, (rows + 7) >> 3), begin >> 3)
  }
}

interface SetKernels {
  fillSet32(wanted: number, count: number, table: number, shift: number): void
  fillSet64(wanted: number, count: number, table: number, shift: number): void
  setMask32: MaskKernel
  setMask64: MaskKernel
}

type MaskKernel = (
  values: number,
  count: number,
  wanted: number,
  table: number,
  shift: number,
  mask: number,
) => void

/** What is wanted, where kernels see it. */
interface Table {
  readonly wanted: Float64Array | BigInt64Array
  /** Of the column. */
  readonly type: unknown
  readonly kernels: SetKernels
  readonly bytes: Uint8Array
  readonly masks: Uint8Array
  readonly wantedAddress: number
  readonly tableAddress: number
  readonly shift: number
}

/** This thread's last one. */
let table: Table | null = null

/** As much as stays in the first caches of any processor, beside the mask. */
const blockBytes = 16 * 1024
const blockAddress = pageBytes
const maskAddress = blockAddress + blockBytes
const freeAddress = maskAddress + blockBytes / 8

let space: { readonly memory: WebAssembly.Memory; readonly kernels: SetKernels } | null = null

function newTable(values: HashedValues, wanted: Float64Array | BigInt64Array): Table {
  const raw = bytesOf(wantedAs(values, wanted))
  const count = raw.length / values.BYTES_PER_ELEMENT
  const bits = Math.max(13, Math.ceil(Math.log2(count * placesOfValue + 1)))
  const tableAddress = freeAddress + Math.ceil(raw.length / 8) * 8
  const { memory, kernels } = spaceOf(tableAddress + 2 ** bits * 4)
  new Uint8Array(memory.buffer).set(raw, freeAddress)
  const fill = values.BYTES_PER_ELEMENT === 8 ? kernels.fillSet64 : kernels.fillSet32
  fill(freeAddress, count, tableAddress, 64 - bits)
  return {
    ...{ wanted, type: values.constructor, kernels, wantedAddress: freeAddress, tableAddress },
    shift: 64 - bits,
    bytes: new Uint8Array(memory.buffer, blockAddress, blockBytes),
    masks: new Uint8Array(memory.buffer, maskAddress, blockBytes / 8),
  }
}

/** Most places are free, so that most values that are not wanted are told by one look. */
const placesOfValue = 8

/** This thread's memory, of so many bytes at least. */
function spaceOf(byteLength: number): NonNullable<typeof space> {
  const pages = 2 ** Math.ceil(Math.log2(byteLength / pageBytes))
  if (space !== null && space.memory.buffer.byteLength >= pages * pageBytes) return space
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  space = { memory, kernels: kernelExportsOn(memory) as unknown as SetKernels }
  return space
}

/** What of the wanted a column may hold, as it holds it. Kernels tell values by their bits, and 0 has two. */
function wantedAs(values: HashedValues, wanted: Float64Array | BigInt64Array): HashedValues {
  if (wanted instanceof BigInt64Array) return wanted
  if (values instanceof Int32Array) {
    return Int32Array.from(wanted.filter((value) => (value | 0) === value))
  }
  const found = Array.from(wanted).filter((value) => value !== 0 && !Number.isNaN(value))
  const all = wanted.includes(0) ? [...found, 0, -0] : found
  if (values instanceof Float64Array) return Float64Array.from(all)
  return Float32Array.from(all.filter((value) => Math.fround(value) === value))
}

function bytesOf({ buffer, byteOffset, byteLength }: HashedValues): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
