import type { S3Access } from '../config.js'
import { MillraceError } from '../errors.js'
import type { S3Address } from './byte-source.js'
import { checkFileSize, notImportable, sizeFailure } from './file-checks.js'
import { nearestNames } from './near-names.js'
import { remoteFailureFrom } from './remote-failure.js'
import { withRetries } from './retry.js'
import { s3Objects } from './s3-objects.js'

/** Keys that are looked at for the sake of an error's text. */
const keysMax = 200
const nearMax = 3

interface S3Name {
  readonly bucket: string
  /** May be empty, or end with `/`: a prefix. */
  readonly key: string
}

/**
 * The object that `s3://bucket/key` means, as it is now.
 * @throws importFailed naming bucket, key and endpoint
 */
export async function resolveS3(
  name: string,
  access: S3Access | null,
  signal: AbortSignal,
): Promise<S3Address> {
  const { bucket, key } = parseS3Name(name)
  const objects = await s3Objects(configuredAccess(name, access))
  try {
    const version = await withRetries(() => objects.version(bucket, key, signal), signal)
    checkFileSize(name, BigInt(version.byteLength))
    return { kind: 's3', name, bucket, key, access: access!, ...version }
  } catch (thrown) {
    if (thrown instanceof MillraceError) throw thrown
    throw await resolveError(name, { bucket, key }, access!, thrown)
  }
}

/** @throws importFailed where S3 is not configured, saying how that is done */
export function configuredAccess(name: string, access: S3Access | null): S3Access {
  if (access) return access
  throw notImportable(
    name,
    'this server has no access to S3: start it with --s3-endpoint or --s3-region, and the keys in MILLRACE_S3_ACCESS_KEY and MILLRACE_S3_SECRET_KEY',
  )
}

/** @throws importFailed for a name without a bucket */
export function parseS3Name(name: string): S3Name {
  const match = /^s3:\/\/([a-z0-9][a-z0-9._-]+)\/(.*)$/is.exec(name)
  if (match) return { bucket: match[1], key: match[2] }
  throw notImportable(name, 'expected s3://bucket/key')
}

/** Where S3 was asked, for errors. */
export function s3PlaceText({ bucket }: S3Name, { endpoint, region }: S3Access): string {
  return `the bucket '${bucket}' at ${endpoint ?? `AWS in ${region}`}`
}

async function resolveError(
  name: string,
  place: S3Name,
  access: S3Access,
  thrown: unknown,
): Promise<MillraceError> {
  const failure = remoteFailureFrom(thrown)
  const looked = `looked for the key '${place.key}' in ${s3PlaceText(place, access)}`
  if (failure.kind !== 'missing') return sizeFailure(name, `${failure.message}: ${looked}`, failure)
  try {
    const near = await nearestKeys(place, access)
    const hint = near.length > 0 ? `; near it: ${near.map((key) => `'${key}'`).join(', ')}` : ''
    return sizeFailure(name, `The specified key does not exist.: ${looked}${hint}`, failure)
  } catch (listing) {
    // Only the listing tells that the bucket itself is missing; or it is not allowed to this server.
    const { kind, message } = remoteFailureFrom(listing)
    const why = kind === 'missing' ? message : 'The specified key does not exist.'
    return sizeFailure(name, `${why}: ${looked}`, failure)
  }
}

/** Of the keys in the same folder; of all keys where there is none. */
async function nearestKeys({ bucket, key }: S3Name, access: S3Access): Promise<string[]> {
  const objects = await s3Objects(access)
  const folder = key.slice(0, key.lastIndexOf('/') + 1)
  for (const prefix of new Set([folder, ''])) {
    const keys: string[] = []
    for await (const each of objects.keys(bucket, prefix)) if (keys.push(each) === keysMax) break
    if (keys.length > 0) return nearestNames(key, keys).slice(0, nearMax)
  }
  return []
}
