import type { RemoteVersion } from './byte-source.js'
import { readExactly } from './read-exactly.js'
import { failureKindOf, RemoteFailure, remoteFailureFrom } from './remote-failure.js'
import { StallTimer } from './stall-timer.js'
import { changedText } from './version-text.js'

const redirectsMax = 5

/** A page, and the hosts that it and its redirects may be at. */
interface HttpPlace {
  readonly url: string
  readonly hosts: readonly string[]
}

/** What is there now: the first byte is asked for, since many servers answer HEAD otherwise or not at all. */
export function httpVersion(place: HttpPlace, asker: AbortSignal): Promise<RemoteVersion> {
  const use = async ({ headers, body }: Response) => {
    await body?.cancel()
    const total = /^bytes 0-0\/(\d+)$/.exec(headers.get('content-range') ?? '')
    if (total) return { byteLength: Number(total[1]), version: versionOf(headers) }
    throw new RemoteFailure('refused', 'the server does not tell the length of what it gives')
  }
  return ask(place, 0, 1, '', use, asker)
}

/** Bytes of one version of a page; another version there now is a failure. */
export function readHttpRange(
  place: HttpPlace,
  { byteLength, version }: RemoteVersion,
  begin: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return ask(
    place,
    begin,
    length,
    version,
    async ({ headers, body }, stall) => {
      const range = `bytes ${begin}-${begin + length - 1}/${byteLength}`
      const got = headers.get('content-range')
      const gotVersion = versionOf(headers)
      if (gotVersion !== version) {
        throw new RemoteFailure('changed', changedText(version, gotVersion))
      }
      if (got !== range) throw new RemoteFailure('changed', `expected ${range}, got ${got}`)
      return readExactly(body as AsyncIterable<Uint8Array>, length, stall)
    },
    signal,
  )
}

/** The whole of a page, for servers that do not give parts. */
export function readHttpPage<Result>(
  place: HttpPlace,
  use: (page: AsyncIterable<Uint8Array>, version: string, length: number | null) => Promise<Result>,
  asker: AbortSignal,
): Promise<Result> {
  return request(
    place,
    {},
    200,
    ({ headers, body }, stall) => {
      const length = headers.get('content-length')
      const pieces = touching(body as AsyncIterable<Uint8Array>, stall)
      return use(pieces, versionOf(headers), length === null ? null : Number(length))
    },
    asker,
  )
}

async function* touching(pieces: AsyncIterable<Uint8Array>, stall: StallTimer) {
  for await (const piece of pieces) {
    stall.touch()
    yield piece
  }
}

function ask<Result>(
  place: HttpPlace,
  begin: number,
  length: number,
  version: string,
  use: (response: Response, stall: StallTimer) => Promise<Result>,
  asker: AbortSignal,
): Promise<Result> {
  const headers: Record<string, string> = { range: `bytes=${begin}-${begin + length - 1}` }
  // A weak ETag never matches.
  if (version.startsWith('"')) headers['if-match'] = version
  return request(place, headers, 206, use, asker)
}

async function request<Result>(
  place: HttpPlace,
  headers: Readonly<Record<string, string>>,
  wantedStatus: number,
  use: (response: Response, stall: StallTimer) => Promise<Result>,
  asker: AbortSignal,
): Promise<Result> {
  const stall = new StallTimer(asker)
  // Bytes are wanted as they lie, not in a compressed form.
  const all = { ...headers, 'accept-encoding': 'identity' }
  try {
    return await use(await follow(place, all, wantedStatus, stall.signal), stall)
  } catch (thrown) {
    throw remoteFailureFrom(stall.signal.aborted ? stall.signal.reason : thrown)
  } finally {
    stall.end()
  }
}

/** Every step has to lead to a host of the list. */
async function follow(
  { url, hosts }: HttpPlace,
  headers: Readonly<Record<string, string>>,
  wantedStatus: number,
  signal: AbortSignal,
): Promise<Response> {
  let target = new URL(url)
  for (let redirectCount = 0; redirectCount <= redirectsMax; redirectCount++) {
    const response = await fetch(target, { headers, signal, redirect: 'manual' })
    if (response.status === wantedStatus) return response
    await response.body?.cancel()
    target = redirectOf(response, target, hosts)
  }
  throw new RemoteFailure('refused', `the server redirects more than ${redirectsMax} times`)
}

/** @throws RemoteFailure where the answer is neither what was wanted nor an allowed redirect */
function redirectOf({ status, headers }: Response, from: URL, hosts: readonly string[]): URL {
  const location = headers.get('location')
  if (status >= 300 && status < 400 && location !== null) {
    const target = URL.canParse(location, from.href) ? new URL(location, from.href) : null
    if (target && isAllowed(target, hosts) && !isDowngrade(from, target)) return target
    throw new RemoteFailure(
      'refused',
      `the server redirects to ${target ? `${target.protocol}//${target.host}` : 'no address'}, which is not allowed`,
    )
  }
  const kind = failureKindOf(status)
  if (kind) throw new RemoteFailure(kind, `the server answered with status ${status}`)
  const expected = 'expected an answer to a request for a range of bytes (206)'
  throw new RemoteFailure('unranged', `${expected}, got status ${status}`)
}

/** Whether a page's host, with its port where that is not the usual one, is in the list. */
export function isAllowed({ protocol, host }: URL, hosts: readonly string[]): boolean {
  return (protocol === 'http:' || protocol === 'https:') && hosts.includes(host)
}

function isDowngrade(from: URL, to: URL): boolean {
  return from.protocol === 'https:' && to.protocol !== 'https:'
}

function versionOf(headers: Headers): string {
  return headers.get('etag') ?? headers.get('last-modified') ?? ''
}
