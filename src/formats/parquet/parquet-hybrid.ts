/**
 * Reads Parquet's hybrid of run lengths and bit packing, a run at a time: nothing is as large as what a
 * header claims.
 *
 *   run:    varint count << 1        ┼ the value in as many bytes as its bits need
 *   packed: varint groups << 1 | 1   ┼ groups × 8 values, least significant bit first
 */
export class HybridCursor {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #bitWidth: number
  #position: number
  #runLeft = 0
  #isPacked = false
  #runValue = 0
  /** Where the packed values begin, and how many of them were read. */
  #packedBegin = 0
  #packedRead = 0

  constructor(bytes: Uint8Array, begin: number, end: number, bitWidth: number) {
    if (bitWidth > 32 || begin > end || end > bytes.length) {
      throw new Error(
        `expected runs of at most 32 bits within ${bytes.length} bytes, got ${bitWidth} bits from ${begin} to ${end}`,
      )
    }
    this.#bytes = bytes
    this.#position = begin
    this.#end = end
    this.#bitWidth = bitWidth
  }

  read(target: Uint8Array | Int32Array, begin: number, count: number): void {
    const end = begin + count
    for (let at = begin; at < end; ) {
      this.#startRun()
      const used = Math.min(this.#runLeft, end - at)
      if (this.#isPacked && this.#bitWidth > 25) this.#unpackWide(target, at, used)
      else if (this.#isPacked) this.#unpack(target, at, used)
      else target.fill(this.#runValue, at, at + used)
      this.#runLeft -= used
      at += used
    }
  }

  /** Passes over `count` values where they are one run of `value`. */
  passRun(value: number, count: number): boolean {
    this.#startRun()
    if (this.#isPacked || this.#runValue !== value || this.#runLeft < count) return false
    this.#runLeft -= count
    return true
  }

  #startRun(): void {
    while (this.#runLeft === 0) {
      if (this.#bitWidth === 0) {
        this.#runLeft = 2 ** 31
        return
      }
      const header = this.#varint()
      this.#isPacked = (header & 1) === 1
      if (this.#isPacked) this.#startPacked(header >>> 1)
      else this.#startRepeated(header >>> 1)
    }
  }

  /** The last groups may be cut where no value of theirs is used. */
  #startPacked(groupCount: number): void {
    const bytesLeft = this.#end - this.#position
    const byteCount = Math.min(groupCount * this.#bitWidth, bytesLeft)
    this.#packedBegin = this.#position
    this.#packedRead = 0
    this.#position += byteCount
    this.#runLeft = Math.min(groupCount * 8, Math.floor((byteCount * 8) / this.#bitWidth))
    if (this.#runLeft === 0 && groupCount > 0) throw endsTooEarly()
  }

  #startRepeated(count: number): void {
    this.#runValue = 0
    for (let shift = 0; shift < this.#bitWidth; shift += 8) {
      this.#runValue |= this.#byte() << shift
    }
    this.#runLeft = count
  }

  /** A value of at most 25 bits lies within the four bytes from where it begins. */
  #unpack(target: Uint8Array | Int32Array, begin: number, count: number): void {
    const width = this.#bitWidth
    const bytes = this.#bytes
    const mask = (1 << width) - 1
    let bit = this.#packedRead * width
    const base = this.#packedBegin
    for (let at = begin; at < begin + count; at++) {
      const byte = base + (bit >>> 3)
      const word =
        bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16) | (bytes[byte + 3] << 24)
      target[at] = (word >>> (bit & 7)) & mask
      bit += width
    }
    this.#packedRead += count
  }

  /** Values that may lie in five bytes. */
  #unpackWide(target: Uint8Array | Int32Array, begin: number, count: number): void {
    for (let at = begin; at < begin + count; at++) {
      let value = 0
      const firstBit = this.#packedRead++ * this.#bitWidth
      for (let bit = 0; bit < this.#bitWidth; bit++) {
        const from = firstBit + bit
        const byte = this.#bytes[this.#packedBegin + Math.floor(from / 8)]
        value |= ((byte >> (from % 8)) & 1) << bit
      }
      target[at] = value
    }
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new Error('a run of more than 32 bits')
  }

  #byte(): number {
    if (this.#position >= this.#end) throw endsTooEarly()
    return this.#bytes[this.#position++]
  }
}

function endsTooEarly(): Error {
  return new Error('the runs end before the values do')
}
