import type { S3Access } from '../config.js'
import type { SourceAddress } from './byte-source.js'
import { notImportable } from './file-checks.js'
import { type HttpAccess, resolveHttp } from './http-address.js'
import { type ImportRoots, resolveImportPath } from './import-roots.js'
import { resolveS3 } from './s3-address.js'
import { removeSpooled } from './spool.js'

/** Everything that imports may read. What is left out may not be read. */
export interface SourceContext extends ImportRoots {
  readonly s3?: S3Access | null
  readonly http?: HttpAccess
}

/** Remote files that are asked about at a time. */
const askedMax = 16

/**
 * The file that a user's name means, found to be there and allowed to be read: a path, `s3://bucket/key`,
 * or an http or https URL.
 * @throws importFailed saying what was looked for, where, and what is near it
 */
async function resolveSource(
  name: string,
  context: SourceContext,
  signal: AbortSignal,
): Promise<SourceAddress> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(name)?.[1].toLowerCase()
  switch (scheme) {
    case undefined:
      return resolveImportPath(name, context)
    case 's3':
      return resolveS3(name, context.s3 ?? null, signal)
    case 'http':
    case 'https':
      return resolveHttp(name, context.http ?? noHttp, signal)
    default:
      throw notImportable(
        name,
        `expected a path, or a name that begins with s3://, http:// or https://, got the scheme '${scheme}://'`,
      )
  }
}

const noHttp: HttpAccess = { hosts: [], spoolFolder: null }

/**
 * The addresses of groups of files, some at a time. To be released when nobody reads there any more.
 * @throws what the first file that cannot be had throws
 */
export async function resolveSources(
  groups: readonly (readonly string[])[],
  context: SourceContext,
  signal: AbortSignal,
): Promise<SourceAddress[][]> {
  const addresses: SourceAddress[][] = groups.map(() => [])
  const places = groups.flatMap((files, groupIndex) =>
    files.map((file, fileIndex) => ({ file, groupIndex, fileIndex })),
  )
  const left = places.values()
  const resolveRest = async () => {
    for (const { file, groupIndex, fileIndex } of left) {
      addresses[groupIndex][fileIndex] = await resolveSource(file, context, signal)
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: askedMax }, resolveRest))
  const failed = ends.find((end) => end.status === 'rejected')
  if (!failed) return addresses
  await releaseSources(addresses)
  throw failed.reason
}

/** Frees what addresses hold on this machine. */
export async function releaseSources(groups: readonly (readonly SourceAddress[])[]): Promise<void> {
  for (const addresses of groups) await removeSpooled(Object.values(addresses))
}
