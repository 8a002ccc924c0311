import { MillraceError } from '../errors.js'

/** Milvus: the largest file that 2.3 takes. */
export const fileSizeBytesMax = 16 * 1024 ** 3

/** @throws importFailed for a size that Milvus refuses too */
export function checkFileSize(name: string, size: bigint): void {
  if (size === 0n) throw importFailed(name, `the file '${name}' size is zero`)
  if (size <= BigInt(fileSizeBytesMax)) return
  const milvus = `the file '${name}' size exceeds the maximum size: ${fileSizeBytesMax} bytes`
  throw importFailed(name, `${milvus}: got ${size} bytes`)
}

/** What the file's name means is not to be imported, whether it is there or not. */
export function notImportable(name: string, reason: string): MillraceError {
  return importFailed(name, `the file '${name}' is not importable: ${reason}`)
}

/** Milvus's words for a file that cannot be had. */
export function sizeFailure(name: string, reason: string, cause?: unknown): MillraceError {
  return importFailed(name, `failed to get file size of '${name}', error: ${reason}`, cause)
}

function importFailed(name: string, message: string, cause?: unknown): MillraceError {
  return new MillraceError('importFailed', message, { file: name }, cause)
}
