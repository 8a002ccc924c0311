import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * A web page must not drive the server: neither one whose name was made to point here (its Host is not
 * ours), nor one that posts here from elsewhere (its Origin is not ours). An address, or a name without a
 * dot, cannot be such a page's on a server that was opened to other machines.
 * @returns why the request is refused, or null
 */
export function refusalOf({ headers }: IncomingMessage, listeningHost: string): string | null {
  const { host = '', origin } = headers
  if (!isTrusted(hostNameOf(`http://${host}`), listeningHost)) {
    return `the Host header must name this server, got "${host}"`
  }
  if (origin !== undefined && !isTrusted(hostNameOf(origin), listeningHost)) {
    return `a page of another origin may not call this server, got "${origin}"`
  }
  return null
}

export function mediaTypeOf({ headers }: IncomingMessage): string {
  const [mediaType] = (headers['content-type'] ?? '').split(';')
  return mediaType.trim().toLowerCase()
}

function hostNameOf(url: string): string {
  if (!URL.canParse(url)) return ''
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

function isTrusted(name: string, listeningHost: string): boolean {
  if (name === '') return false
  if (isLoopback(name) || name === listeningHost.toLowerCase()) return true
  return !isLoopback(listeningHost) && (isIP(name) !== 0 || !name.includes('.'))
}

function isLoopback(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    (isIP(name) === 4 && name.startsWith('127.'))
  )
}
