import type { MillraceError } from '../../errors.js'
import type { ByteSource } from '../../source/byte-source.js'
import { importError } from '../import-error.js'
import type { ByteCursor, SyntaxFault } from './byte-cursor.js'
import { countLines } from './line-counter.js'

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
  const line = (await countLines(source, 0, byteOffset)) + 1
  const place = { file: source.name, byteOffset, line, ...(row === null ? {} : { row }) }
  return importError(place, `at byte ${byteOffset}, line ${line}: ${reason}`)
}
