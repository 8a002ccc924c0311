import { addAbortSignal, type Readable } from 'node:stream'
import type { S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import type { S3Access } from '../config.js'
import type { RemoteVersion } from './byte-source.js'
import { readExactly } from './read-exactly.js'
import { failureKindOf, RemoteFailure, remoteFailureFrom } from './remote-failure.js'
import { withRetries } from './retry.js'
import { StallTimer } from './stall-timer.js'
import { changedText } from './version-text.js'

type Sdk = typeof import('@aws-sdk/client-s3')

/** One a thread for each way of access, so that its connections are used again. */
const opened = new Map<string, Promise<S3Objects>>()

/** The SDK is loaded by the first one who needs it: a server without S3 pays nothing. */
export function s3Objects(access: S3Access): Promise<S3Objects> {
  const key = JSON.stringify(access)
  const objects = opened.get(key) ?? loadSdk().then((sdk) => open(sdk, access))
  opened.set(key, objects)
  return objects
}

function loadSdk(): Promise<Sdk> {
  // Its version is ours to choose: our users need no word about the Node of its later ones.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  return import('@aws-sdk/client-s3')
}

function open(sdk: Sdk, access: S3Access): S3Objects {
  const { endpoint, region, pathStyle, accessKey, secretKey, sessionToken } = access
  const client = new sdk.S3Client({
    region,
    forcePathStyle: pathStyle,
    credentials: {
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      sessionToken: sessionToken ?? undefined,
    },
    ...(endpoint === null ? {} : { endpoint }),
    // Tries again and checks lengths are ours, for all kinds of servers alike.
    maxAttempts: 1,
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 10_000 },
  })
  return new S3Objects(sdk, client)
}

/** What imports need of S3. Every method throws RemoteFailure. */
class S3Objects {
  readonly #sdk: Sdk
  readonly #client: S3Client

  constructor(sdk: Sdk, client: S3Client) {
    this.#sdk = sdk
    this.#client = client
  }

  async version(bucket: string, key: string, asker: AbortSignal): Promise<RemoteVersion> {
    const command = new this.#sdk.HeadObjectCommand({ Bucket: bucket, Key: key })
    const found = await ask((abortSignal) => this.#client.send(command, { abortSignal }), asker)
    return { byteLength: found.ContentLength ?? 0, version: found.ETag ?? '' }
  }

  /** Bytes of one version of an object; another version there now is a failure. */
  readRange(
    { bucket, key, version }: { bucket: string; key: string; version: string },
    begin: number,
    length: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const command = new this.#sdk.GetObjectCommand({
      Bucket: bucket,
      Key: key,
      Range: `bytes=${begin}-${begin + length - 1}`,
      IfMatch: version === '' ? undefined : version,
    })
    return ask(async (abortSignal, stall) => {
      const { Body, ETag = '' } = await this.#client.send(command, { abortSignal })
      const body = addAbortSignal(abortSignal, Body as Readable)
      // Not every server heeds If-Match.
      if (ETag !== version) throw new RemoteFailure('changed', changedText(version, ETag))
      return readExactly(body, length, stall)
    }, signal)
  }

  /** Keys that begin with `prefix`, in S3's order, one page after the other. */
  async *keys(bucket: string, prefix: string): AsyncGenerator<string> {
    for (let token: string | undefined; ; ) {
      const command = new this.#sdk.ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ContinuationToken: token,
      })
      const page = await withRetries(() =>
        ask((abortSignal) => this.#client.send(command, { abortSignal })),
      )
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key
      if (!page.IsTruncated) return
      token = page.NextContinuationToken
    }
  }
}

async function ask<Result>(
  work: (signal: AbortSignal, stall: StallTimer) => Promise<Result>,
  asker?: AbortSignal,
): Promise<Result> {
  const stall = new StallTimer(asker)
  try {
    return await work(stall.signal, stall)
  } catch (thrown) {
    throw stall.signal.aborted ? remoteFailureFrom(stall.signal.reason) : failureFrom(thrown)
  } finally {
    stall.end()
  }
}

function failureFrom(thrown: unknown): RemoteFailure {
  if (thrown instanceof RemoteFailure) return thrown
  const { name, message, $metadata } = thrown as Partial<S3ServiceException>
  const status = $metadata?.httpStatusCode
  const kind = status === undefined ? null : failureKindOf(status)
  // A redirect means another region, which the SDK does not follow.
  if (status === undefined || (kind === null && status < 300)) return remoteFailureFrom(thrown)
  return new RemoteFailure(kind ?? 'refused', serviceText(status, name, message), thrown)
}

/** An answer to HEAD has no body, and so no message but the status. */
function serviceText(status: number, name = '', message = ''): string {
  if (status === 403 && (message === '' || message === 'UnknownError')) {
    return 'access denied: the keys of this server may not read it (403)'
  }
  if (status === 301 || status === 307) return `the bucket is in another region (${status})`
  return `${name}: ${message} (${status})`
}
