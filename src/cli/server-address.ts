import { isIP } from 'node:net'
import { MillraceError } from '../errors.js'

const defaultPort = 19530
const securely = 'https://'

/**
 * `host:port`, from what the user wrote: the port may be left out. `https://` before it means TLS, and
 * stays there.
 * @throws parameterInvalid
 */
export function serverAddressFrom(given: string): string {
  if (given.startsWith(securely)) return securely + serverAddressFrom(given.slice(securely.length))
  // pymilvus has it as a URI.
  const text = given.replace(/^(http|tcp):\/\/([^/]+)\/?$/i, '$2')
  const url = `http://${text}/`
  const isPlain = /^[^/?#@\s]+$/.test(text) && URL.canParse(url)
  if (!isPlain) {
    throw new MillraceError(
      'parameterInvalid',
      `--address: expected host:port such as 127.0.0.1:${defaultPort}, got "${given}"`,
    )
  }
  const { hostname, port } = new URL(url)
  // A URL drops the port that is usual for http.
  return `${hostname}:${port || (text.endsWith(':80') ? 80 : defaultPort)}`
}

/** Whether a server there has the files of this machine. */
export function isThisMachine(address: string): boolean {
  const plain = plainAddressOf(address)
  const host = plain.slice(0, plain.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

export function isSecure(address: string): boolean {
  return address.startsWith(securely)
}

export function plainAddressOf(address: string): string {
  return isSecure(address) ? address.slice(securely.length) : address
}
