/** Compressed header lists of HTTP/2 (RFC 7541), as one side of a connection reads them. */
import { decodeHuffman } from './huffman.js'
import { staticTable } from './static-table.js'

/** Names are in lower case; of several fields of a name the first counts. */
export type Headers = ReadonlyMap<string, string>

/** What both sides begin with, and what this one never asks to change. */
const tableBytesMax = 4096
/** Names and values of one list. */
const listBytesMax = 64 * 1024
/** What an entry counts beside its name and value (section 4.1). */
const entryBytes = 32

interface Entry {
  readonly name: string
  readonly value: string
}

/** A list that cannot be read: nothing that follows on the connection can be, either. */
export class HeaderError extends Error {}

/** Must see every list of a connection, in their order: each may lean on those before. */
export class HeaderDecoder {
  /** The newest first. */
  readonly #entries: Entry[] = []
  #tableBytes = 0
  #tableMax = tableBytesMax
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #isTableChanged = false
  /** The last list that left the table as it was: clients send the same again and again. */
  #lastBytes: Buffer | null = null
  #lastHeaders: Headers = new Map()

  /** @throws HeaderError */
  decode(bytes: Buffer): Headers {
    if (this.#lastBytes?.equals(bytes)) return this.#lastHeaders
    this.#bytes = bytes
    this.#at = 0
    this.#isTableChanged = false
    const headers = this.#list()
    this.#lastBytes = this.#isTableChanged ? null : Buffer.from(bytes)
    this.#lastHeaders = headers
    return headers
  }

  #list(): Headers {
    const headers = new Map<string, string>()
    let listBytes = 0
    while (this.#at < this.#bytes.length) {
      const entry = this.#field()
      if (entry === null) continue
      listBytes += sizeOf(entry)
      if (listBytes > listBytesMax) throw new HeaderError('too many headers')
      if (!headers.has(entry.name)) headers.set(entry.name, entry.value)
    }
    return headers
  }

  /** null: it only changed the table's size. */
  #field(): Entry | null {
    const first = this.#bytes[this.#at]
    if (first & 0x80) return this.#entryAt(this.#wholeNumber(7))
    if (first & 0x40) {
      const entry = this.#literal(6)
      this.#add(entry)
      return entry
    }
    if (first & 0x20) {
      this.#resize(this.#wholeNumber(5))
      return null
    }
    return this.#literal(4)
  }

  #literal(indexBits: number): Entry {
    const index = this.#wholeNumber(indexBits)
    const name = index === 0 ? this.#text() : this.#entryAt(index).name
    return { name, value: this.#text() }
  }

  #entryAt(index: number): Entry {
    const entry =
      index <= staticTable.length
        ? staticTable[index - 1]
        : this.#entries[index - staticTable.length - 1]
    if (entry) return entry
    throw new HeaderError(`no header ${index} in the table`)
  }

  #text(): string {
    const isHuffman = (this.#bytes[this.#at] & 0x80) !== 0
    const length = this.#wholeNumber(7)
    const end = this.#at + length
    if (end > this.#bytes.length) throw new HeaderError('a header ends too early')
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    const text = isHuffman ? decodeHuffman(bytes) : bytes.toString('latin1')
    if (text === null) throw new HeaderError('a header is not Huffman code')
    return text
  }

  /** The low bits of a byte, and further bytes of 7 bits each where those are all ones (section 5.1). */
  #wholeNumber(bits: number): number {
    if (this.#at >= this.#bytes.length) throw new HeaderError('a header ends too early')
    const limit = (1 << bits) - 1
    let value = this.#bytes[this.#at++] & limit
    if (value < limit) return value
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#bytes.length) throw new HeaderError('a header ends too early')
      const byte = this.#bytes[this.#at++]
      value += (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new HeaderError('a number in the headers is too large')
  }

  #add(entry: Entry): void {
    this.#isTableChanged = true
    this.#tableBytes += sizeOf(entry)
    this.#entries.unshift(entry)
    this.#evict()
  }

  #resize(byteCount: number): void {
    if (byteCount > tableBytesMax) throw new HeaderError('the table of headers is too large')
    this.#isTableChanged = true
    this.#tableMax = byteCount
    this.#evict()
  }

  #evict(): void {
    while (this.#tableBytes > this.#tableMax) this.#tableBytes -= sizeOf(this.#entries.pop()!)
  }
}

function sizeOf({ name, value }: Entry): number {
  return name.length + value.length + entryBytes
}
