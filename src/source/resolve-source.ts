import type { S3Access } from '../config.js'
import type { SourceAddress } from './byte-source.js'
import { notImportable } from './file-checks.js'
import { resolveHttp } from './http-address.js'
import { type ImportRoots, resolveImportPath } from './import-roots.js'
import { resolveS3 } from './s3-address.js'

/** Everything that imports may read. What is left out may not be read. */
export interface SourceContext extends ImportRoots {
  readonly s3?: S3Access | null
  /** `example.com`, or `example.com:8080` for another port than the usual one. */
  readonly httpHosts?: readonly string[]
}

/** Remote files that are asked about at a time. */
const askedMax = 16

/**
 * The file that a user's name means, found to be there and allowed to be read: a path, `s3://bucket/key`,
 * or an http or https URL.
 * @throws importFailed saying what was looked for, where, and what is near it
 */
async function resolveSource(name: string, context: SourceContext): Promise<SourceAddress> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(name)?.[1].toLowerCase()
  switch (scheme) {
    case undefined:
      return resolveImportPath(name, context)
    case 's3':
      return resolveS3(name, context.s3 ?? null)
    case 'http':
    case 'https':
      return resolveHttp(name, context.httpHosts ?? [])
    default:
      throw notImportable(
        name,
        `expected a path, or a name that begins with s3://, http:// or https://, got the scheme '${scheme}://'`,
      )
  }
}

/** The addresses of groups of files, some at a time. @throws what the first file that cannot be had throws */
export async function resolveSources(
  groups: readonly (readonly string[])[],
  context: SourceContext,
): Promise<SourceAddress[][]> {
  const addresses: SourceAddress[][] = groups.map(() => [])
  const places = groups.flatMap((files, groupIndex) =>
    files.map((file, fileIndex) => ({ file, groupIndex, fileIndex })),
  )
  const left = places.values()
  const resolveRest = async () => {
    for (const { file, groupIndex, fileIndex } of left) {
      addresses[groupIndex][fileIndex] = await resolveSource(file, context)
    }
  }
  await Promise.all(Array.from({ length: askedMax }, resolveRest))
  return addresses
}
