import type { ByteSource } from '../../source/byte-source.js'
import { SyntaxFault } from './byte-cursor.js'
import { openByteStream } from './byte-stream.js'
import type { TextRows } from './text-reader.js'
import { TextWindow } from './text-window.js'
import { ValueFault } from './value-fault.js'

const sampleBytes = 256 * 1024

/** Reads the rows at a text's beginning for what the grammar notes on the way; a bad row ends it. */
export async function readSample(source: ByteSource, rows: TextRows): Promise<void> {
  const stream = await openByteStream(source, rows.headEnd, source.byteLength)
  try {
    const window = new TextWindow(stream, source.name, rows.headEnd, sampleBytes)
    await window.fill(0)
    readWhole(window, rows)
  } finally {
    stream.close()
  }
}

function readWhole({ cursor }: TextWindow, { grammar, columns }: TextRows): void {
  try {
    for (let isFirst = true; grammar.findRow(cursor, isFirst); isFirst = false) {
      grammar.readRow(cursor)
      columns.clear()
    }
  } catch (fault) {
    if (!(fault instanceof SyntaxFault || fault instanceof ValueFault)) throw fault
  }
}
