import type { ByteSource } from '../../source/byte-source.js'

const windowBytes = 1024 ** 2

/** Reads a range of a source from its begin to its end, ahead by a window. */
export class SourceWindow {
  readonly #source: ByteSource
  readonly #begin: number
  readonly #end: number
  #position: number
  /** What was read and not yet used. */
  #bytes = new Uint8Array(0)

  constructor(source: ByteSource, begin: number, end: number) {
    if (!(begin >= 0 && begin <= end && end <= source.byteLength)) {
      throw new Error(`bytes ${begin} to ${end} of a file of ${source.byteLength} bytes`)
    }
    this.#source = source
    this.#begin = begin
    this.#end = end
    this.#position = begin
  }

  get bytesUsed(): number {
    return this.#position - this.#begin
  }

  /** The next bytes, fewer only at the end of the range. Good until the next call. */
  async peek(byteLength: number): Promise<Uint8Array> {
    const wanted = Math.min(byteLength, this.#end - this.#position)
    if (this.#bytes.length < wanted) await this.#fill(wanted)
    return this.#bytes.subarray(0, wanted)
  }

  /** Exactly the next bytes, which are used then. They stay as they are. */
  async take(byteLength: number): Promise<Uint8Array> {
    const bytes = await this.peek(byteLength)
    if (bytes.length < byteLength) throw new Error('the pages end before their values do')
    this.pass(byteLength)
    return bytes
  }

  pass(byteLength: number): void {
    this.#position += byteLength
    this.#bytes = this.#bytes.subarray(byteLength)
  }

  /** Reads into a new array, since pages are views of the old one. */
  async #fill(wanted: number): Promise<void> {
    const length = Math.min(Math.max(wanted, windowBytes), this.#end - this.#position)
    const bytes = new Uint8Array(length)
    bytes.set(this.#bytes)
    const begin = this.#bytes.length
    const count = await this.#source.read(this.#position + begin, bytes.subarray(begin))
    if (begin + count < wanted) throw new Error('the file was cut meanwhile')
    this.#bytes = bytes.subarray(0, begin + count)
  }
}
