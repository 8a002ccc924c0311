import type { MillraceError } from '../../errors.js'
import type { ByteSource } from '../../source/byte-source.js'
import { importError } from '../import-error.js'
import type { ByteCursor, SyntaxFault } from './byte-cursor.js'
import { openByteStream } from './byte-stream.js'

/** What broke the grammar, in plain words and in Milvus's. */
export function syntaxReason({ position, expected, context }: SyntaxFault, cursor: ByteCursor) {
  if (position >= cursor.end) {
    const milvus = 'failed to parse row value, error: unexpected EOF'
    return `expected ${expected}, got the end of the text: ${milvus}`
  }
  const got = characterAt(cursor, position)
  const milvus = `failed to parse row value, error: invalid character ${got} ${context}`
  return `expected ${expected}, got ${got}: ${milvus}`
}

function characterAt({ bytes, end }: ByteCursor, position: number): string {
  const text = new TextDecoder().decode(bytes.subarray(position, Math.min(position + 4, end)))
  const [character] = text
  return /^\P{C}$/u.test(character) && character !== "'"
    ? `'${character}'`
    : JSON.stringify(character)
}

/**
 * The error of a broken grammar, with its line. The lines before it are only counted now.
 * @param row null where it is not in a row
 */
export async function syntaxError(
  source: ByteSource,
  row: number | null,
  byteOffset: number,
  reason: string,
): Promise<MillraceError> {
  const place = { file: source.name, byteOffset, ...(row === null ? {} : { row }) }
  const line = (await countNewlines(source, byteOffset)) + 1
  return importError(place, `at byte ${byteOffset}, line ${line}: ${reason}`)
}

const newline = 0x0a

async function countNewlines(source: ByteSource, byteEnd: number): Promise<number> {
  const stream = await openByteStream(source, 0, byteEnd)
  const bytes = Buffer.alloc(Math.min(byteEnd, 1024 ** 2))
  let count = 0
  try {
    for (let rest = byteEnd; rest > 0; ) {
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
