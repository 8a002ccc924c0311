/** The greatest index that a sparse vector may have is one below this. */
const indexEnd = 2 ** 32 - 1

/**
 * A sparse vector as (u32 index, f32 value) pairs in the order of their indices, or the reason why it is
 * none.
 */
export function sparseRow(
  indices: ArrayLike<number>,
  values: ArrayLike<number>,
): Uint8Array | string {
  if (indices.length !== values.length) {
    return `expected as many values as indices, got ${values.length} and ${indices.length}: indices and values length mismatch`
  }
  const order = sortedOrder(indices)
  const row = new Uint8Array(order.length * 8)
  const view = new DataView(row.buffer)
  let last = -1
  for (let at = 0; at < order.length; at++) {
    const index = indices[order[at]]
    const value = values[order[at]]
    const fault = indexFault(index, last) ?? valueFault(value)
    if (fault) return fault
    view.setUint32(at * 8, index, true)
    view.setFloat32(at * 8 + 4, value, true)
    last = index
  }
  return row
}

/** From `{"<index>": value, …}` or `{"indices": […], "values": […]}`. */
export function sparseFromText(text: string): Uint8Array | string {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return `expected a JSON object of a sparse vector, got ${quoted(text)}: invalid JSON input`
  }
  if (!isObject(parsed)) {
    return `expected a JSON object of a sparse vector, got ${quoted(text)}: invalid JSON input`
  }
  const { indices, values } = parsed
  if (Array.isArray(indices) && Array.isArray(values)) return fromNumbers(indices, values)
  return fromNumbers(Object.keys(parsed).map(indexOfKey), Object.values(parsed))
}

function fromNumbers(indices: readonly unknown[], values: readonly unknown[]): Uint8Array | string {
  const other = [...indices, ...values].find((value) => typeof value !== 'number')
  if (other !== undefined) {
    return `expected numbers, got ${quoted(JSON.stringify(other))}: invalid value type in JSON`
  }
  return sparseRow(indices as readonly number[], values as readonly number[])
}

/** A key is an index in decimal, or in the notations that Go's ParseUint takes with base 0. */
function indexOfKey(key: string): number {
  return /^(\d+|0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+)$/.test(key) ? Number(key) : Number.NaN
}

function sortedOrder(indices: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: indices.length }, (_, at) => at)
  let isSorted = true
  for (let at = 1; at < indices.length && isSorted; at++) isSorted = indices[at - 1] < indices[at]
  return isSorted ? order : order.sort((left, right) => indices[left] - indices[right])
}

function indexFault(index: number, last: number): string | null {
  if (index === last) {
    return `expected each index once, got ${index} twice: unsorted or same indices in sparse float vector`
  }
  if (Number.isInteger(index) && index >= 0 && index < indexEnd) return null
  return `expected indices from 0 to ${indexEnd - 1}, got ${index}: ${index >= indexEnd ? 'index too large in JSON' : 'invalid index'}`
}

function valueFault(value: number): string | null {
  const stored = Math.fround(value)
  if (!Number.isFinite(stored)) {
    return `expected finite float32 values, got ${value}: value '${value}' is not a number or infinity`
  }
  if (stored < 0)
    return `expected values of 0 or more, got ${value}: negative value in sparse float vector`
  return null
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function quoted(text: string): string {
  return text.length > 60 ? `'${text.slice(0, 60)}…'` : `'${text}'`
}
