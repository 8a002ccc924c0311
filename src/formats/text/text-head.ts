import type { ByteSource } from '../../source/byte-source.js'
import { type ByteCursor, SyntaxFault } from './byte-cursor.js'
import { openByteStream } from './byte-stream.js'
import { syntaxError, syntaxReason } from './syntax-error.js'
import { TextWindow } from './text-window.js'

const headWindowBytes = 64 * 1024

/** What `parse` finds at a text's beginning, behind its byte order mark; it is called again until it has enough. */
export async function readHead<Head>(
  source: ByteSource,
  parse: (cursor: ByteCursor) => Head,
): Promise<Head> {
  const stream = await openByteStream(source, 0, source.byteLength)
  const window = new TextWindow(stream, source.name, 0, headWindowBytes)
  const { cursor } = window
  try {
    for (;;) {
      await window.fill(0)
      try {
        cursor.position = hasByteOrderMark(cursor) ? 3 : 0
        return parse(cursor)
      } catch (fault) {
        if (!(fault instanceof SyntaxFault)) throw fault
        if (!cursor.isLast && fault.position >= cursor.end) continue
        const byteOffset = Math.min(fault.position, cursor.end)
        throw await syntaxError(source, null, byteOffset, syntaxReason(fault, cursor))
      }
    }
  } finally {
    stream.close()
  }
}

function hasByteOrderMark({ bytes }: ByteCursor): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}
