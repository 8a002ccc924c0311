import type { ByteSource } from '../../source/byte-source.js'
import { cutLines } from './cut-text.js'
import { skipSpace, skipValue } from './json-scan.js'
import { readHead } from './text-head.js'

/** Beginnings of rows near even places; none where a row has several lines. */
export async function cutJsonLines(source: ByteSource, partCount: number): Promise<number[]> {
  return (await isOneRowALine(source)) ? cutLines(source, 0, partCount) : []
}

/** Objects over several lines are read all the same, but no line tells where one begins. */
function isOneRowALine(source: ByteSource): Promise<boolean> {
  return readHead(source, (cursor) => {
    skipSpace(cursor)
    const { position } = cursor
    if (position === cursor.end) return false
    skipValue(cursor, true)
    return cursor.bytes.subarray(position, cursor.position).indexOf(0x0a) < 0
  })
}
