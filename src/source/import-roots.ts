import { closeSync, existsSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { MillraceError } from '../errors.js'
import type { LocalAddress } from './byte-source.js'
import { checkFileSize, notImportable, sizeFailure } from './file-checks.js'
import { namesNear } from './near-names.js'
import { openRealFile, systemErrorText } from './real-file.js'
import { unfinishedFolder } from './upload-path.js'

/** Where imports may read: inside one of `roots` or of the uploads, and in no `forbidden` directory. */
export interface ImportRoots {
  /** At least one; relative paths are looked for in their order. */
  readonly roots: readonly string[]
  /** What was uploaded lies here, and is named by a path that begins with `uploads/`. */
  readonly uploadRoot?: string
  /** The data directory. */
  readonly forbidden: readonly string[]
}

const uploadPrefix = /^uploads(\/|$)/

/**
 * The file that a user's path means, found to be a regular file that imports may read. Absolute paths and
 * `..` are fine: what counts is where the real path lies. Whether a file outside of the roots exists is
 * not told.
 * @throws importFailed naming the path as given, the resolved path and the roots
 */
export function resolveImportPath(path: string, roots: ImportRoots): LocalAddress {
  const { resolved, real, place } = importPlace(path, roots)
  if (place.missing !== '') throw missingError(path, resolved, place, allRootsOf(roots))
  checkFileSize(path, sizeOf(path, real))
  return { kind: 'local', name: path, path: real }
}

interface ImportPlace {
  readonly resolved: string
  readonly real: string
  readonly place: RealPlace
}

/**
 * Where a path leads to, which may be a directory, or nothing.
 * @throws importFailed where that is no place to read from
 */
export function importPlace(path: string, roots: ImportRoots): ImportPlace {
  if (path === '' || path.includes('\0')) {
    throw notImportable(path, 'expected the path of a file')
  }
  const resolved = resolvedPath(path, roots)
  const place = realPlaceOf(path, resolved)
  const real = join(place.directory, place.missing)
  const all = allRootsOf(roots)
  if (!isInAny(real, all)) {
    const where = real === resolved ? `'${real}'` : `'${resolved}', really '${real}',`
    throw notImportable(path, `${where} is outside of ${rootsText(all)}`)
  }
  if (isForbidden(real, roots)) {
    throw notImportable(path, `'${real}' is in the server's data directory`)
  }
  return { resolved, real, place }
}

/** Whether a real path lies in a forbidden directory, or is an upload that has not ended. */
export function isForbidden(real: string, { forbidden, uploadRoot }: ImportRoots): boolean {
  if (isInAny(real, forbidden)) return true
  return uploadRoot !== undefined && isInside(real, join(realPathOf(uploadRoot), unfinishedFolder))
}

/** The first place where there is something, else the first. What lies outside of the roots is not told. */
function resolvedPath(path: string, roots: ImportRoots): string {
  const places = roots.roots.map((root) => resolve(root, path))
  if (roots.uploadRoot !== undefined && uploadPrefix.test(path)) {
    places.unshift(join(resolve(roots.uploadRoot), path.replace(uploadPrefix, '')))
  }
  const all = allRootsOf(roots)
  const isThere = (place: string) => existsSync(place) && isInAny(realPathOf(place), all)
  return places.length === 1 ? places[0] : (places.find(isThere) ?? places[0])
}

function isInAny(real: string, directories: readonly string[]): boolean {
  return directories.some((directory) => isInside(real, realPathOf(directory)))
}

function allRootsOf({ roots, uploadRoot }: ImportRoots): readonly string[] {
  return uploadRoot === undefined ? roots : [...roots, uploadRoot]
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
        throw systemFailure(path, error)
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

function missingError(
  path: string,
  resolved: string,
  { directory, missing }: RealPlace,
  roots: readonly string[],
): MillraceError {
  const [name] = missing.split(sep)
  const near = namesNear(name, directory)
  const hint = near.length > 0 ? `; near it: ${near.map((it) => `'${it}'`).join(', ')}` : ''
  const found = name === missing ? '' : `; '${directory}' has no '${name}'`
  return sizeFailure(
    path,
    `stat ${path}: no such file or directory: looked for '${resolved}' in ${rootsText(roots)}${found}${hint}`,
  )
}

function sizeOf(path: string, real: string): bigint {
  try {
    const { descriptor, stats } = openRealFile(real)
    closeSync(descriptor)
    return stats.size
  } catch (error) {
    throw systemFailure(path, error)
  }
}

function rootsText(roots: readonly string[]): string {
  const quoted = roots.map((root) => `'${resolve(root)}'`)
  return `the import root${roots.length > 1 ? 's' : ''} ${quoted.join(', ')}`
}

function systemFailure(path: string, error: unknown): MillraceError {
  return sizeFailure(path, `stat ${path}: ${systemErrorText(error)}`, error)
}
