import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { notImportable } from './file-checks.js'
import type { Glob } from './glob.js'
import { type ImportRoots, importPlace, isForbidden } from './import-roots.js'
import { remoteFailureFrom } from './remote-failure.js'
import type { SourceContext } from './resolve-source.js'
import { configuredAccess, parseS3Name, s3PlaceText } from './s3-address.js'
import { s3Objects } from './s3-objects.js'

/** A pattern that meets more is refused rather than followed for minutes. */
const entriesMax = 100_000

/** What a path leads to where imports may read, null where that is nothing. */
export async function kindAt(
  path: string,
  roots: ImportRoots,
): Promise<'directory' | 'file' | null> {
  try {
    const stats = await stat(importPlace(path, roots).real)
    return stats.isDirectory() ? 'directory' : 'file'
  } catch {
    return null
  }
}

/**
 * Files of this machine that a pattern means, named as the pattern names them. Directories that lie outside
 * of the roots, or are reached over a link, are passed by.
 * @throws importFailed where the pattern begins at a place that imports may not read
 */
export async function listFiles(
  pattern: string,
  glob: Glob,
  roots: ImportRoots,
): Promise<string[]> {
  const { real } = importPlace(glob.base === '' ? '.' : glob.base, roots)
  const found: string[] = []
  const folders = ['']
  let entryCount = 0
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const directory = join(real, folder)
    if (isForbidden(directory, roots)) continue
    for (const entry of await entriesOf(directory)) {
      if (++entryCount > entriesMax) throw tooMany(pattern)
      const path = `${folder}${entry.name}`
      if (entry.isDirectory()) {
        if (glob.mayMatchBelow(path)) folders.push(`${path}/`)
      } else if (glob.matches(path)) {
        found.push(`${glob.base}${path}`)
      }
    }
  }
  return found
}

/** Keys that a pattern means, as `s3://bucket/key`. @throws importFailed naming bucket and reason */
export async function listKeys(
  pattern: string,
  glob: Glob,
  { s3 }: SourceContext,
): Promise<string[]> {
  const access = configuredAccess(pattern, s3 ?? null)
  const base = parseS3Name(glob.base)
  const found: string[] = []
  let keyCount = 0
  try {
    const objects = await s3Objects(access)
    for await (const key of objects.keys(base.bucket, base.key)) {
      if (++keyCount > entriesMax) break
      if (glob.matches(key.slice(base.key.length))) found.push(`s3://${base.bucket}/${key}`)
    }
  } catch (thrown) {
    const { message } = remoteFailureFrom(thrown)
    throw notImportable(pattern, `${message}: looked in ${s3PlaceText(base, access)}`)
  }
  if (keyCount > entriesMax) throw tooMany(pattern)
  return found
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true })
  } catch {
    return [] // What cannot be listed has no files for us.
  }
}

function tooMany(pattern: string) {
  return notImportable(pattern, `expected at most ${entriesMax} files to look through, got more`)
}
