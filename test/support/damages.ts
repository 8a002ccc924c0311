import { rmSync, truncateSync, writeFileSync } from 'node:fs'

/** What can happen to a file: the words for it, and how it is done to one with good bytes. */
export const damages: [string, (path: string, good: Buffer) => void][] = [
  ['changed at its begin', (path, good) => writeFileSync(path, flipped(good, 0))],
  ['changed in its middle', (path, good) => writeFileSync(path, flipped(good, good.length >> 1))],
  ['changed at its end', (path, good) => writeFileSync(path, flipped(good, good.length - 1))],
  ['one byte short', (path, good) => truncateSync(path, good.length - 1)],
  ['cut in its header', (path, good) => truncateSync(path, Math.min(10, good.length - 1))],
  ['gone', (path) => rmSync(path)],
]

function flipped(good: Buffer, at: number): Buffer {
  const bytes = Buffer.from(good)
  bytes[at] ^= 0x10
  return bytes
}
