import type { BytesBuilder } from '../../column/column-builder.js'
import type { Field } from '../../schema/field.js'
import { ValueFault } from './value-fault.js'

/** Milvus: the last number that fits 32 bits is no index. */
const indexMax = 2 ** 32 - 2

/**
 * Gathers the pairs of one sparse vector, in any order, and appends them sorted, as a column has them:
 * u32 index, f32 value, ….
 */
export class SparseRow {
  readonly #field: Field
  readonly #builder: BytesBuilder
  #indices = new Float64Array(64)
  #values = new Float32Array(64)
  indexCount = 0
  valueCount = 0

  constructor(field: Field, builder: BytesBuilder) {
    this.#field = field
    this.#builder = builder
  }

  clear(): void {
    this.indexCount = 0
    this.valueCount = 0
  }

  addIndex(index: number, text: () => string): void {
    if (!(Number.isInteger(index) && index >= 0)) {
      throw this.#fault(`an index from 0 to ${indexMax}`, text(), 'invalid JSON input')
    }
    if (index > indexMax) {
      const milvus = `index too large in JSON: ${text()}`
      throw this.#fault(`an index from 0 to ${indexMax}`, text(), milvus)
    }
    if (this.indexCount === this.#indices.length) {
      this.#indices = grown(this.#indices, new Float64Array(this.indexCount * 2))
    }
    this.#indices[this.indexCount++] = index
  }

  addValue(value: number): void {
    if (value < 0) {
      throw this.#fault('values of at least 0', value, 'negative value in sparse float vector')
    }
    if (this.valueCount === this.#values.length) {
      this.#values = grown(this.#values, new Float32Array(this.valueCount * 2))
    }
    this.#values[this.valueCount++] = value
  }

  appendTo(): void {
    const { indexCount, valueCount } = this
    if (indexCount !== valueCount) {
      const got = `${indexCount} indices and ${valueCount} values`
      throw this.#fault('as many indices as values', got, 'indices and values length mismatch')
    }
    const order = this.#order()
    const pairs = new DataView(new ArrayBuffer(indexCount * 8))
    for (let pair = 0; pair < indexCount; pair++) {
      const from = order === null ? pair : order[pair]
      pairs.setUint32(pair * 8, this.#indices[from], true)
      pairs.setFloat32(pair * 8 + 4, this.#values[from], true)
    }
    this.#builder.write(new Uint8Array(pairs.buffer), 0, pairs.byteLength)
    this.#builder.closeRow()
  }

  /** The pairs by rising index; null where they are in that order already. */
  #order(): Uint32Array | null {
    const indices = this.#indices
    if (isRising(indices, this.indexCount)) return null
    const order = Uint32Array.from({ length: this.indexCount }, (_, pair) => pair)
    order.sort((a, b) => indices[a] - indices[b])
    for (let pair = 1; pair < order.length; pair++) {
      const index = indices[order[pair]]
      if (index !== indices[order[pair - 1]]) continue
      const milvus = 'unsorted or same indices in sparse float vector'
      throw this.#fault('each index once', `${index} twice`, milvus)
    }
    return order
  }

  #fault(expected: string, got: string | number, milvus: string): ValueFault {
    const { name } = this.#field
    return new ValueFault(name, `expected ${expected}, got ${got}: ${milvus}`)
  }
}

function isRising(indices: Float64Array, count: number): boolean {
  for (let pair = 1; pair < count; pair++) if (indices[pair] <= indices[pair - 1]) return false
  return true
}

function grown<Values extends Float64Array | Float32Array>(from: Values, to: Values): Values {
  to.set(from as never)
  return to
}
