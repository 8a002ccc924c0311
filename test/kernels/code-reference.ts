// The plain twin of the codes of a graph: what each component becomes, and how far codes are, written to be read.
import { hnswCodeKinds } from '../../dist/kernels/hnsw-kernels.js'
import { DataType } from '../../dist/schema/data-type.js'
import { widened } from './reference.js'

export interface CodeKind {
  readonly name: string
  readonly kind: number
  readonly isProduct: boolean
  /** Of steps as wide as each other; null: short floats. */
  readonly steps: Steps | null
  readonly dataType: DataType | null
}

interface Steps {
  /** The largest code, in steps of a byte. */
  most(width: number): number
  /** What a value in steps of a byte is kept as. */
  kept(value: number): number
}

const bytes: Steps = { most: () => 127, kept: nearestEven }
const words: Steps = {
  most: (width) => Math.min(8000, Math.floor(Math.sqrt(4294967295 / width) / 2)),
  kept: nearestEven,
}
const halfBytes: Steps = { most: () => 120, kept: (value) => sixteenth(value, 15, 16, 120) }
const sixBits: Steps = { most: () => 126, kept: (value) => sixteenth(value, 63, 4, 126) }

function sixteenth(value: number, last: number, step: number, most: number): number {
  const place = Math.fround(Math.fround(value + most) / step)
  return nearestEven(Math.max(0, Math.min(last, place))) * step - most
}

const stepKinds = [
  ['8 bits', 'squared8', 'dot8', bytes],
  ['16 bits', 'squared16', 'dot16', words],
  ['4 bits', 'squared4', 'dot4', halfBytes],
  ['6 bits', 'squared6', 'dot6', sixBits],
] as const
const floatKinds = [
  ['float16', 'squaredFloat16', 'dotFloat16', DataType.Float16Vector],
  ['bfloat16', 'squaredBFloat16', 'dotBFloat16', DataType.BFloat16Vector],
] as const

export const codeKinds: readonly CodeKind[] = [
  ...stepKinds.flatMap(([name, squared, dot, steps]) => [
    kindOf(`squared distances of ${name}`, squared, { steps, dataType: null }),
    kindOf(`products of ${name}`, dot, { steps, dataType: null }),
  ]),
  ...floatKinds.flatMap(([name, squared, dot, dataType]) => [
    kindOf(`squared distances of ${name}`, squared, { steps: null, dataType }),
    kindOf(`products of ${name}`, dot, { steps: null, dataType }),
  ]),
]

function kindOf(
  name: string,
  kind: keyof typeof hnswCodeKinds,
  rest: Pick<CodeKind, 'steps' | 'dataType'>,
): CodeKind {
  return { name, kind: hnswCodeKinds[kind], isProduct: kind.startsWith('dot'), ...rest }
}

/** What lies between two whole numbers becomes the even one. */
export function nearestEven(value: number): number {
  const below = Math.floor(value)
  if (value - below !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

/** The whole numbers, or the values of the short floats, that stand for a row. */
export function codesOf(
  { steps, dataType }: CodeKind,
  row: Float32Array,
  mean: Float32Array,
  scale: number,
): number[] {
  if (!steps) return Array.from(row, (value) => nearestShort(dataType!, value))
  const most = steps.most(row.length)
  return Array.from(row, (value, at) => steps.kept(inSteps(value - mean[at], scale, most)))
}

/** The whole numbers of a query; of short floats it stays as it is. */
export function queryOf(
  { steps, isProduct }: CodeKind,
  query: Float32Array,
  mean: Float32Array,
  scale: number,
): number[] {
  if (!steps) return [...query]
  const most = queryMost(steps.most(query.length), query.length, isProduct)
  const largest = query.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  const step = isProduct ? Math.fround(largest / most) : scale
  return Array.from(query, (value, at) => {
    const rest = Math.fround(value - mean[at])
    // What a step of a product is too small to tell apart counts as nothing.
    return rest === 0 || step === 0 ? 0 : nearestEven(inSteps(rest, step, most))
  })
}

function inSteps(value: number, step: number, most: number): number {
  const scaled = Math.fround(Math.fround(value) * Math.fround(1 / step))
  return Math.max(-most, Math.min(most, scaled))
}

/** So large that no sum leaves 32 bits. */
function queryMost(codeMost: number, width: number, isProduct: boolean): number {
  const most = isProduct
    ? Math.min(8000, 2e9 / (width * codeMost))
    : Math.min(2 * codeMost, Math.sqrt(4294967295 / width) - codeMost)
  return Math.max(codeMost, Math.floor(most))
}

/** What orders codes: the smaller, the nearer. */
export function codeDistance(
  { isProduct }: CodeKind,
  query: readonly number[],
  code: readonly number[],
): number {
  let sum = 0
  for (let at = 0; at < code.length; at++) {
    sum += isProduct ? 0 - query[at] * code[at] : (query[at] - code[at]) ** 2
  }
  return sum
}

/** The nearest finite value of such floats, of two equally near the one whose last bit is 0. */
export function nearestShort(dataType: DataType, value: number): number {
  const values = finiteValues(dataType)
  const size = Math.abs(value)
  let [low, high] = [0, values.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (values[middle] <= size) low = middle
    else high = middle
  }
  const [below, above] = [size - values[low], values[high] - size]
  const isBelow = below < above || (below === above && low % 2 === 0)
  return Math.sign(value) * values[isBelow ? low : high]
}

/** By their patterns, which ascend as they do. */
function finiteValues(dataType: DataType): Float32Array {
  const known = finite.get(dataType)
  if (known) return known
  const count = dataType === DataType.Float16Vector ? 0x7c00 : 0x7f80
  const values = widened(
    dataType,
    Uint16Array.from({ length: count }, (_, pattern) => pattern),
  )
  finite.set(dataType, values)
  return values
}

const finite = new Map<DataType, Float32Array>()

/** Codes as they lie packed, read as the drawing in `assembly/hnsw-packed.ts` says. */
export function unpacked({ steps, dataType }: CodeKind, code: Uint8Array, width: number): number[] {
  const at = (component: number) => {
    if (steps === halfBytes) return halfAt(code, (component >> 5) << 4, component & 31) * 16 - 120
    if (steps === sixBits) return sixAt(code, component) * 4 - 126
    if (steps === bytes) return (code[component] << 24) >> 24
    const pattern = code[component * 2] | (code[component * 2 + 1] << 8)
    return dataType === null ? (pattern << 16) >> 16 : widened(dataType, Uint16Array.of(pattern))[0]
  }
  return Array.from({ length: width }, (_, component) => at(component))
}

function halfAt(code: Uint8Array, block: number, place: number): number {
  const byte = code[block + (place & 15)]
  return place < 16 ? byte & 15 : byte >> 4
}

function sixAt(code: Uint8Array, component: number): number {
  const block = (component >> 6) * 48
  const place = component & 63
  const low = halfAt(code, block + ((place >> 5) << 4), place & 31)
  return low | (((code[block + 32 + (place & 15)] >> ((place >> 4) * 2)) & 3) << 4)
}
