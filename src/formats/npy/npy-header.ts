/**
 * A .npy file: numbers are little endian.
 *
 *   0           6       7       8                 8 + L          8 + L + H
 *   ├─ \x93NUMPY ┼ major ┼ minor ┼ H: u16, or u32 ──┼─ header: H ──┼─ items, row by row or column by column
 *                                 from major 2 on
 *
 * The header is a Python dict of `descr`, `fortran_order` and `shape`, in Latin-1, in version 3 in UTF-8.
 */
import { MillraceError } from '../../errors.js'
import { type NpyDtype, parseNpyDtype, unsupportedDtype } from './npy-dtype.js'
import { type PythonEntry, parsePythonDict } from './npy-literal.js'

export interface NpyHeader {
  readonly dtype: NpyDtype
  readonly isFortranOrder: boolean
  readonly shape: readonly number[]
  /** Where the items begin. */
  readonly dataOffset: number
  /** Bytes that the items take, by the shape. */
  readonly dataBytes: number
}

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)
const headerBytesMax = 1024 ** 2
const dimensionsMax = 32

/**
 * The header at the beginning of `bytes`, which may go on after it.
 * @throws importFailed with the reason, the file left out
 */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  const dataOffset = npyHeaderByteLength(bytes)
  if (bytes.byteLength < dataOffset) {
    throw failure(
      `unexpected EOF: expected a header of ${dataOffset} bytes, got ${bytes.byteLength}`,
    )
  }
  const text = headerText(bytes.subarray(prefixBytes(bytes), dataOffset), bytes[6])
  const entries = parsePythonDict(text)
  refuseOtherKeys(entries)
  const dtype = dtypeOf(entries.get('descr')!)
  const shape = shapeOf(entries.get('shape')!)
  const dataBytes = dataBytesOf(shape, dtype)
  const isFortranOrder = fortranOrderOf(entries.get('fortran_order')!)
  return { dtype, isFortranOrder, shape, dataOffset, dataBytes }
}

/** Bytes up to the items, told from the first 12 bytes of a file. */
export function npyHeaderByteLength(bytes: Uint8Array): number {
  if (bytes.byteLength < magic.byteLength || magic.some((byte, index) => bytes[index] !== byte)) {
    throw failure('not a valid NumPy file format')
  }
  const prefix = prefixBytes(bytes)
  if (bytes.byteLength < prefix) {
    throw failure(`unexpected EOF: expected at least ${prefix} bytes, got ${bytes.byteLength}`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerBytes = prefix === 10 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (headerBytes > headerBytesMax) {
    throw failure(`expected a header of at most ${headerBytesMax} bytes, got ${headerBytes}`)
  }
  return prefix + headerBytes
}

function prefixBytes(bytes: Uint8Array): number {
  const [major, minor] = bytes.subarray(6, 8)
  if (major === undefined || minor === undefined) return 10
  if (major < 1 || major > 3) throw failure(`invalid major version number (${major})`)
  if (minor !== 0) throw failure(`invalid minor version number (${minor})`)
  return major === 1 ? 10 : 12
}

function headerText(bytes: Uint8Array, major: number): string {
  try {
    return new TextDecoder(major === 3 ? 'utf-8' : 'latin1', { fatal: true }).decode(bytes)
  } catch {
    throw failure('invalid header: expected UTF-8')
  }
}

function refuseOtherKeys(entries: ReadonlyMap<string, PythonEntry>): void {
  const found = [...entries.keys()].sort()
  if (found.join() === 'descr,fortran_order,shape') return
  throw failure(
    `invalid header: expected the keys descr, fortran_order, shape, got ${shortened(found.join(', ') || 'none')}`,
  )
}

function dtypeOf({ value, text }: PythonEntry): NpyDtype {
  if (typeof value !== 'string') throw unsupportedDtype(text)
  return parseNpyDtype(value)
}

function fortranOrderOf({ value, text }: PythonEntry): boolean {
  if (typeof value === 'boolean') return value
  throw failure(
    `invalid header: expected fortran_order to be True or False, got ${shortened(text)}`,
  )
}

function shapeOf({ value, text }: PythonEntry): readonly number[] {
  if (typeof value !== 'object' || value.kind !== 'tuple') {
    throw failure(`invalid header: expected shape to be a tuple, got ${shortened(text)}`)
  }
  if (value.items.length > dimensionsMax || !value.items.every(isSize)) {
    throw failure(
      `invalid header: expected shape to be at most ${dimensionsMax} sizes from 0 on, got ${shortened(text)}`,
    )
  }
  return value.items as readonly number[]
}

function isSize(item: unknown): boolean {
  return Number.isSafeInteger(item) && (item as number) >= 0
}

function dataBytesOf(shape: readonly number[], dtype: NpyDtype): number {
  const dataBytes = shape.reduce((product, size) => product * size, dtype.itemBytes)
  if (Number.isSafeInteger(dataBytes)) return dataBytes
  throw failure(`invalid header: the shape (${shape.join(', ')}) of '${dtype.descr}' is too large`)
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

function failure(message: string): MillraceError {
  return new MillraceError('importFailed', `npy: ${message}`)
}
