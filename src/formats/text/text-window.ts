import { isUtf8 } from 'node:buffer'
import { importError } from '../import-error.js'
import { ByteCursor } from './byte-cursor.js'
import type { ByteStream } from './byte-stream.js'

/** A row's text. */
export const rowBytesMax = 64 * 1024 ** 2
const characterBytesMax = 4

/** The part of a text that is in memory: always whole rows, and at its end the beginning of one. */
export class TextWindow {
  readonly #stream: ByteStream
  readonly #fileName: string
  readonly cursor: ByteCursor
  /** Where in the text the window begins. */
  offset: number

  /** @param offset where in the text the stream begins */
  constructor(stream: ByteStream, fileName: string, offset: number, windowBytes: number) {
    this.#stream = stream
    this.#fileName = fileName
    this.offset = offset
    this.cursor = new ByteCursor(new Uint8Array(windowBytes + 1), 0)
    this.cursor.isLast = false
  }

  /**
   * Reads on. What lies before `position` is given up, the rest moves to the window's beginning.
   * @throws importFailed where the rest is too long for a row
   */
  async fill(position: number): Promise<void> {
    const { cursor } = this
    const rest = cursor.end - position
    if (rest >= rowBytesMax) throw this.#overlong(position)
    const wanted = cursor.bytes.byteLength - 1
    const bytes = rest * 2 > wanted ? new Uint8Array(wanted * 2 + 1) : cursor.bytes
    bytes.set(cursor.bytes.subarray(position, cursor.end))
    const target = bytes.subarray(rest, bytes.byteLength - 1)
    const count = await this.#stream.read(target)
    cursor.bytes = bytes
    cursor.end = rest + count
    cursor.bytes[cursor.end] = 0
    cursor.isLast = count < target.byteLength
    cursor.isAllUtf8 = isUtf8(bytes.subarray(0, cursor.isLast ? cursor.end : wholeEnd(cursor)))
    this.offset += position
  }

  #overlong(position: number): Error {
    const byteOffset = this.offset + position
    return importError(
      { file: this.#fileName, byteOffset },
      `expected rows of at most ${rowBytesMax} bytes, got more from byte ${byteOffset} on`,
    )
  }
}

/** Where the last character begins that may be cut, else the end. */
function wholeEnd({ bytes, end }: ByteCursor): number {
  for (let at = end - 1; at >= 0 && at > end - characterBytesMax; at--) {
    if (bytes[at] >= 0xc0) return at
    if (bytes[at] < 0x80) break
  }
  return end
}
