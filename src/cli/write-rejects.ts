import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MillraceError } from '../errors.js'

/**
 * Writes the rows that a job left out to a file of the user's.
 * @param shown puts the user's names of files in place of the server's
 * @returns the file
 */
export async function writeRejects(
  lines: AsyncIterable<Uint8Array>,
  file: string,
  shown: (text: string) => string,
): Promise<string> {
  try {
    await pipeline(shownLines(lines, shown), createWriteStream(file))
  } catch (error) {
    const message = `--rejects ${file}: could not be written: ${(error as Error).message}`
    throw new MillraceError('ioFailed', message, {}, error)
  }
  return file
}

async function* shownLines(
  lines: AsyncIterable<Uint8Array>,
  shown: (text: string) => string,
): AsyncIterable<string> {
  for await (const line of createInterface({ input: Readable.from(lines) })) {
    const { file, ...rest } = JSON.parse(line)
    yield `${JSON.stringify({ file: shown(file), ...rest })}\n`
  }
}
