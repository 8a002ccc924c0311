import { closeSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { MillraceError } from '../errors.js'
import type { SourceAddress } from './byte-source.js'
import { namesNear } from './near-names.js'
import { openRealFile, systemErrorText } from './real-file.js'

/** Where imports may read: inside one of `roots`, and in none of the `forbidden` directories. */
export interface ImportRoots {
  /** At least one; relative paths are taken from the first. */
  readonly roots: readonly string[]
  /** The data directory. */
  readonly forbidden: readonly string[]
}

/** Milvus: the largest file that 2.3 takes. */
const fileSizeBytesMax = 16 * 1024 ** 3

/**
 * The file that a user's path means, found to be a regular file that imports may read. Absolute paths and
 * `..` are fine: what counts is where the real path lies. Whether a file outside of the roots exists is
 * not told.
 * @throws importFailed naming the path as given, the resolved path and the roots
 */
export function resolveImportPath(path: string, { roots, forbidden }: ImportRoots): SourceAddress {
  refuseUnreadable(path)
  const resolved = resolve(roots[0], path)
  const place = realPlaceOf(path, resolved)
  const real = join(place.directory, place.missing)
  const realRoots = roots.map((root) => realPathOf(root))
  if (!realRoots.some((root) => isInside(real, root))) {
    const where = real === resolved ? `'${real}'` : `'${resolved}', really '${real}',`
    fail(path, `the file '${path}' is not importable: ${where} is outside of ${rootsText(roots)}`)
  }
  if (forbidden.some((directory) => isInside(real, realPathOf(directory)))) {
    fail(path, `the file '${path}' is not importable: '${real}' is in the server's data directory`)
  }
  if (place.missing !== '') failMissing(path, resolved, place, roots)
  refuseSize(path, sizeOf(path, real))
  return { kind: 'local', name: path, path: real }
}

function refuseUnreadable(path: string): void {
  const scheme = /^[a-z][a-z0-9+.-]+:\/\//i.exec(path)
  if (scheme) {
    fail(
      path,
      `the file '${path}' is not importable: expected the path of a local file, got the scheme '${scheme[0]}'`,
    )
  }
  if (path === '' || path.includes('\0')) {
    fail(path, `the file ${JSON.stringify(path)} is not importable: expected the path of a file`)
  }
}

interface RealPlace {
  /** Real path of the file, or of the last directory on the way to it that exists. */
  readonly directory: string
  /** What does not exist, '' where all of it does. */
  readonly missing: string
}

function realPlaceOf(path: string, resolved: string): RealPlace {
  let missing = ''
  for (let existing = resolved; ; existing = dirname(existing)) {
    try {
      return { directory: realpathSync.native(existing), missing }
    } catch (error) {
      if (!isMissing(error) || existing === dirname(existing)) {
        return fail(path, systemText(path, error), error)
      }
      missing = missing === '' ? basename(existing) : join(basename(existing), missing)
    }
  }
}

function realPathOf(directory: string): string {
  const { directory: existing, missing } = realPlaceOf(directory, resolve(directory))
  return join(existing, missing)
}

function isInside(path: string, directory: string): boolean {
  const below = relative(directory, path)
  return below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below)
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function failMissing(
  path: string,
  resolved: string,
  { directory, missing }: RealPlace,
  roots: readonly string[],
): never {
  const [name] = missing.split(sep)
  const near = namesNear(name, directory)
  const hint = near.length > 0 ? `; near it: ${near.map((it) => `'${it}'`).join(', ')}` : ''
  const found = name === missing ? '' : `; '${directory}' has no '${name}'`
  const text = `stat ${path}: no such file or directory`
  fail(
    path,
    `failed to get file size of '${path}', error: ${text}: looked for '${resolved}' in ${rootsText(roots)}${found}${hint}`,
  )
}

function sizeOf(path: string, real: string): bigint {
  try {
    const { descriptor, stats } = openRealFile(real)
    closeSync(descriptor)
    return stats.size
  } catch (error) {
    return fail(path, systemText(path, error), error)
  }
}

function refuseSize(path: string, size: bigint): void {
  if (size === 0n) fail(path, `the file '${path}' size is zero`)
  if (size <= BigInt(fileSizeBytesMax)) return
  const milvus = `the file '${path}' size exceeds the maximum size: ${fileSizeBytesMax} bytes`
  fail(path, `${milvus}: got ${size} bytes`)
}

function rootsText(roots: readonly string[]): string {
  const quoted = roots.map((root) => `'${resolve(root)}'`)
  return `the import root${roots.length > 1 ? 's' : ''} ${quoted.join(', ')}`
}

function systemText(path: string, error: unknown): string {
  return `failed to get file size of '${path}', error: stat ${path}: ${systemErrorText(error)}`
}

function fail(path: string, message: string, cause?: unknown): never {
  throw new MillraceError('importFailed', message, { file: path }, cause)
}
