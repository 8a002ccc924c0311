import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { encodeNpyHeader } from 'millrace/formats'

const blockRows = 8192

/** Ids that repeat: rows of them are spread over partitions. */
export const tagCount = 1000

/**
 * Writes `id.npy` and `vector.npy` with seeded random rows below `directory`, and `tag.npy` where it is wanted;
 * returns their paths.
 */
export function writeNpySet(
  directory: string,
  rowCount: number,
  dim: number,
  hasTags = false,
): string[] {
  mkdirSync(directory, { recursive: true })
  const id = join(directory, 'id.npy')
  const vector = join(directory, 'vector.npy')
  writeNpy(id, '<i8', [rowCount], (first, rows) =>
    BigInt64Array.from({ length: rows }, (_, row) => BigInt(first + row)),
  )
  const random = randomFloats(7)
  writeNpy(vector, '<f4', [rowCount, dim], (_first, rows) => random(rows * dim))
  if (!hasTags) return [id, vector]
  const tag = join(directory, 'tag.npy')
  writeNpy(tag, '<i8', [rowCount], (first, rows) =>
    BigInt64Array.from({ length: rows }, (_, row) => BigInt((first + row) % tagCount)),
  )
  return [id, vector, tag]
}

/** What any import has to do at least: the seconds that a copy of the files takes until it is on disk. */
export function secondsToCopy(files: readonly string[], directory: string): number {
  mkdirSync(directory, { recursive: true })
  const copies = files.map((file) => join(directory, basename(file)))
  const began = performance.now()
  files.forEach((file, index) => {
    copyFileSync(file, copies[index])
    sync(copies[index])
  })
  const seconds = (performance.now() - began) / 1000
  for (const copy of copies) rmSync(copy)
  return seconds
}

/** Brings the files into the page cache. */
export function warm(files: readonly string[]): void {
  const block = new Uint8Array(8 * 1024 ** 2)
  for (const file of files) {
    const descriptor = openSync(file, 'r')
    while (readSync(descriptor, block) > 0);
    closeSync(descriptor)
  }
}

function writeNpy(
  path: string,
  descr: string,
  shape: readonly number[],
  rowsFrom: (first: number, rows: number) => ArrayBufferView,
): void {
  const descriptor = openSync(path, 'w')
  writeSync(descriptor, encodeNpyHeader(descr, shape))
  for (let first = 0; first < shape[0]; first += blockRows) {
    const { buffer, byteOffset, byteLength } = rowsFrom(
      first,
      Math.min(blockRows, shape[0] - first),
    )
    writeSync(descriptor, new Uint8Array(buffer, byteOffset, byteLength))
  }
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** Uniform in [0, 1): xorshift32, the same on every machine. */
export function randomFloats(seed: number): (count: number) => Float32Array {
  let state = seed
  return (count) => {
    const values = new Float32Array(count)
    for (let index = 0; index < count; index++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      values[index] = (state >>> 8) / 2 ** 24
    }
    return values
  }
}

function sync(path: string): void {
  for (const target of [path, dirname(path)]) {
    const descriptor = openSync(target, 'r')
    fsyncSync(descriptor)
    closeSync(descriptor)
  }
}
