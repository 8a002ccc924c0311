import type { ByteSource } from '../../source/byte-source.js'

const newline = 0x0a
const quote = 0x22
const chunkBytes = 1024 ** 2

/** About even places for `partCount` parts of what lies behind the head. */
export function targetsOf(source: ByteSource, headEnd: number, partCount: number): number[] {
  const share = (source.byteLength - headEnd) / partCount
  return Array.from({ length: Math.max(0, partCount - 1) }, (_, index) =>
    Math.floor(headEnd + share * (index + 1)),
  )
}

/** Beginnings of lines near even places. */
export async function cutLines(
  source: ByteSource,
  headEnd: number,
  partCount: number,
): Promise<number[]> {
  const cuts: number[] = []
  for (const target of targetsOf(source, headEnd, partCount)) {
    if (target < (cuts.at(-1) ?? headEnd + 1)) continue
    const cut = await lineBehind(source, target)
    if (cut > (cuts.at(-1) ?? headEnd) && cut < source.byteLength) cuts.push(cut)
  }
  return cuts
}

async function lineBehind(source: ByteSource, target: number): Promise<number> {
  const chunk = Buffer.alloc(Math.min(chunkBytes, source.byteLength))
  for (let position = target; position < source.byteLength; ) {
    const count = await source.read(position, chunk)
    const at = chunk.subarray(0, count).indexOf(newline)
    if (at >= 0) return position + at + 1
    if (count === 0) break
    position += count
  }
  return source.byteLength
}

/**
 * Beginnings of lines near even places that are not inside of quotes: only all quotes before a place tell
 * that, so all of them are counted.
 */
export async function cutQuotedLines(
  source: ByteSource,
  headEnd: number,
  partCount: number,
): Promise<number[]> {
  const targets = targetsOf(source, headEnd, partCount)
  const cuts: number[] = []
  const chunk = Buffer.alloc(Math.min(chunkBytes, source.byteLength))
  let isQuoted = false
  for (let position = 0; cuts.length < targets.length && position < source.byteLength; ) {
    const count = await source.read(position, chunk)
    if (count === 0) break
    isQuoted = cutChunk(chunk.subarray(0, count), position, isQuoted, targets, cuts)
    position += count
  }
  return [...new Set(cuts)].filter((cut) => cut > headEnd && cut < source.byteLength)
}

/** Adds the chunk's cuts, one for each target. Returns whether its end is inside of quotes. */
function cutChunk(
  chunk: Buffer,
  offset: number,
  startsQuoted: boolean,
  targets: readonly number[],
  cuts: number[],
): boolean {
  let isQuoted = startsQuoted
  for (let at = 0; at < chunk.byteLength; ) {
    const found = chunk.indexOf(quote, at)
    const end = found < 0 ? chunk.byteLength : found
    if (!isQuoted) cutRun(chunk.subarray(at, end), offset + at, targets, cuts)
    if (found >= 0) isQuoted = !isQuoted
    at = end + 1
  }
  return isQuoted
}

/** The same of a run without quotes. */
function cutRun(run: Buffer, offset: number, targets: readonly number[], cuts: number[]): void {
  while (cuts.length < targets.length) {
    const target = targets[cuts.length]
    if (target >= offset + run.byteLength) return
    const at = run.indexOf(newline, Math.max(0, target - offset))
    if (at < 0) return
    cuts.push(offset + at + 1)
  }
}
