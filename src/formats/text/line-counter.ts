import type { ByteSource } from '../../source/byte-source.js'
import type { ByteCursor } from './byte-cursor.js'
import { openByteStream } from './byte-stream.js'

const newline = 0x0a

/** Counts lines while a window moves over a text: every byte is looked at once. */
export class LineCounter {
  #lines: number
  /** In the window: no newline lies between the last place that was asked for and here. */
  #searched = 0

  /** @param lines those that end before the window */
  constructor(lines: number) {
    this.#lines = lines
  }

  /** Lines that end before a place, which is not before the last one that was asked for. */
  linesBefore({ bytes, end }: ByteCursor, position: number): number {
    while (this.#searched < position) {
      const found = bytes.indexOf(newline, this.#searched)
      if (found < 0 || found >= end) this.#searched = end
      else if (found >= position) this.#searched = found
      else {
        this.#searched = found + 1
        this.#lines++
      }
    }
    return this.#lines
  }

  /** For when the window begins at this place, up to which lines were counted. */
  moveTo(position: number): void {
    this.#searched -= position
  }
}

/** Lines that end between two places of a text, which is read for this alone. */
export async function countLines(
  source: ByteSource,
  byteBegin: number,
  byteEnd: number,
): Promise<number> {
  const stream = await openByteStream(source, byteBegin, byteEnd)
  const bytes = Buffer.alloc(Math.min(byteEnd - byteBegin, 1024 ** 2))
  let count = 0
  try {
    for (let rest = byteEnd - byteBegin; rest > 0; ) {
      const read = await stream.read(bytes.subarray(0, Math.min(rest, bytes.byteLength)))
      if (read === 0) break
      rest -= read
      for (
        let at = bytes.indexOf(newline);
        at >= 0 && at < read;
        at = bytes.indexOf(newline, at + 1)
      ) {
        count++
      }
    }
  } finally {
    stream.close()
  }
  return count
}
