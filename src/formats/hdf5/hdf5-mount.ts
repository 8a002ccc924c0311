import { FS } from 'h5wasm'
import type { ByteSource } from '../../source/byte-source.js'
import { importError } from '../import-error.js'

/** A source that answers later is read as a whole: the library asks and waits for no one. */
const wholeBytesMax = 512 * 1024 ** 2

type ReadStream = (
  stream: unknown,
  buffer: Int8Array,
  offset: number,
  length: number,
  position: number,
) => number

/** What of a file in the library's memory is changed. */
interface MemoryFile {
  usedBytes: number
  stream_ops: Readonly<Record<string, unknown>>
}

/** What of the library's file system is used. */
interface MemoryFiles {
  writeFile(path: string, bytes: Uint8Array): void
  unlink(path: string): void
  lookupPath(path: string): { readonly node: MemoryFile }
}

let mountCount = 0

/**
 * Puts a source into the library's own file system, as a file that has no bytes but reads them from the
 * source.
 * @throws importFailed where it would have to be read as a whole and is too large for that
 */
export async function mountSource(source: ByteSource): Promise<string> {
  const readNow = await synchronousRead(source)
  const path = `/source-${mountCount++}`
  const files = memoryFiles()
  files.writeFile(path, new Uint8Array(0))
  const { node } = files.lookupPath(path)
  const read: ReadStream = (_, { buffer, byteOffset }, offset, length, position) =>
    readNow(position, new Uint8Array(buffer, byteOffset + offset, length))
  node.stream_ops = { ...node.stream_ops, read }
  node.usedBytes = source.byteLength
  return path
}

export function unmountSource(path: string): void {
  memoryFiles().unlink(path)
}

function memoryFiles(): MemoryFiles {
  return FS as unknown as MemoryFiles
}

type SynchronousRead = (position: number, target: Uint8Array) => number

async function synchronousRead(source: ByteSource): Promise<SynchronousRead> {
  const first = source.read(0, new Uint8Array(Math.min(8, source.byteLength)))
  if (typeof first === 'number') {
    return (position, target) => source.read(position, target) as number
  }
  await first
  if (source.byteLength > wholeBytesMax) {
    throw importError(
      { file: source.name },
      `expected a local file, or at most ${wholeBytesMax} bytes, got ${source.byteLength}: HDF5 files from elsewhere are read as a whole`,
    )
  }
  const whole = new Uint8Array(source.byteLength)
  await source.read(0, whole)
  return (position, target) => {
    const found = whole.subarray(position, position + target.length)
    target.set(found)
    return found.length
  }
}
