import { closeSync, openSync, readSync } from 'node:fs'
import { MillraceError } from '../errors.js'

/** Rows of one length that lie in a file, one after the other. */
export interface RowFile {
  readonly path: string
  /** Of the first row. */
  readonly byteOffset: number
  readonly rowBytes: number
}

/** Reads rows where they are needed; whoever opens it closes it. What is read again is in the system's cache. */
export class RowFileReader {
  readonly #file: RowFile
  readonly #descriptor: number

  /** @throws ioFailed */
  constructor(file: RowFile) {
    this.#file = file
    try {
      this.#descriptor = openSync(file.path, 'r')
    } catch (error) {
      throw new MillraceError(
        'ioFailed',
        `segment file ${file.path} could not be opened`,
        {},
        error,
      )
    }
  }

  /** Reads the rows `[first, first + count)` to `at` of the target. @throws ioFailed */
  read(first: number, count: number, target: Uint8Array, at: number): void {
    const { path, byteOffset, rowBytes } = this.#file
    const begin = byteOffset + first * rowBytes
    const length = count * rowBytes
    for (let done = 0; done < length; ) {
      const bytesRead = readSync(this.#descriptor, target, at + done, length - done, begin + done)
      if (bytesRead === 0) {
        throw new MillraceError('ioFailed', `segment file ${path} ends at ${begin + done}`)
      }
      done += bytesRead
    }
  }

  /**
   * Reads rows to their places among the rows from `first` on, of which the first is read to `at`. What lies
   * between two that are near is read with them: it takes less time than another call.
   * @param rows ascending
   */
  readAmong(rows: Uint32Array, first: number, target: Uint8Array, at: number): void {
    const { rowBytes } = this.#file
    const gap = Math.floor(gapBytes / rowBytes)
    for (let begin = 0; begin < rows.length; ) {
      let end = begin + 1
      while (end < rows.length && rows[end] - rows[end - 1] <= gap) end++
      const [row, last] = [rows[begin], rows[end - 1]]
      this.read(row, last - row + 1, target, at + (row - first) * rowBytes)
      begin = end
    }
  }

  /** Reads rows to `at` of the target, one after the other. @param rows ascending */
  gather(rows: Uint32Array, target: Uint8Array, at: number): void {
    const { rowBytes } = this.#file
    for (let begin = 0; begin < rows.length; ) {
      let end = begin + 1
      while (end < rows.length && rows[end] === rows[end - 1] + 1) end++
      this.read(rows[begin], end - begin, target, at + begin * rowBytes)
      begin = end
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/** A call costs about as much as the copy of so many bytes. */
const gapBytes = 4096
