/**
 * Thrift's compact protocol, as far as Parquet needs it: enough to read a page's header, and to walk
 * through a footer before it is believed.
 */
export const thriftTypes = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i64: 6,
  double: 7,
  binary: 8,
} as const

const listType = 9
const setType = 10
const structType = 12

const depthMax = 64

/** What a walk through a whole struct may meet. */
const elementsMax = 4_000_000

export class ThriftEnd extends Error {
  constructor() {
    super('the thrift data end too early')
  }
}

export class ThriftCursor {
  readonly #bytes: Uint8Array
  position: number
  #elementCount = 0

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes
    this.position = position
  }

  /** Calls `readField` for each field; it must read or skip the value. */
  readStruct(readField: (fieldId: number, type: number) => void): void {
    let fieldId = 0
    for (;;) {
      const header = this.#byte()
      const type = header & 0x0f
      if (type === thriftTypes.stop) return
      fieldId = header >> 4 === 0 ? this.readInteger() : fieldId + (header >> 4)
      readField(fieldId, type)
    }
  }

  /** A zigzag integer of at most 32 bits. */
  readInteger(): number {
    const zigzag = this.#varint()
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }

  skip(type: number, depth = 0): void {
    if (depth > depthMax) throw new Error(`thrift data nested more than ${depthMax} times`)
    if (++this.#elementCount > elementsMax) {
      throw new Error(`thrift data of more than ${elementsMax} elements`)
    }
    switch (type) {
      case thriftTypes.true:
      case thriftTypes.false:
        return
      case thriftTypes.byte:
        this.#move(1)
        return
      case 4:
      case 5:
      case thriftTypes.i64:
        this.#varint()
        return
      case thriftTypes.double:
        this.#move(8)
        return
      case thriftTypes.binary:
        this.#move(this.#varint())
        return
      case listType:
      case setType:
        this.#skipList(depth)
        return
      case structType:
        this.readStruct((_, fieldType) => this.skip(fieldType, depth + 1))
        return
      default:
        throw new Error(`thrift data of unknown type ${type}`)
    }
  }

  #skipList(depth: number): void {
    const header = this.#byte()
    const type = header & 0x0f
    const size = header >> 4 === 15 ? this.#varint() : header >> 4
    // Booleans take a byte each in lists.
    const isBoolean = type === thriftTypes.true || type === thriftTypes.false
    const itemType = isBoolean ? thriftTypes.byte : type
    for (let item = 0; item < size; item++) this.skip(itemType, depth + 1)
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new Error('a thrift integer of more than 10 bytes')
  }

  #byte(): number {
    if (this.position >= this.#bytes.length) throw new ThriftEnd()
    return this.#bytes[this.position++]
  }

  #move(byteCount: number): void {
    this.position += byteCount
    if (this.position > this.#bytes.length) throw new ThriftEnd()
  }
}
