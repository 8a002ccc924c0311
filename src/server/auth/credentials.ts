/** What a caller says who it is, or why that is none. */
export type Credentials =
  | { readonly userName: string; readonly password: string }
  | { readonly fault: string }

/** Of gRPC's metadata: base64 of `user:password`, or of an API key. */
export function grpcCredentials(header: string | undefined): Credentials {
  if (header === undefined) return { fault: 'missing authorization in header' }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(header)) return { fault: 'invalid token format' }
  return credentialsFrom(Buffer.from(header, 'base64').toString('utf8'))
}

/** Of HTTP: `Bearer user:password`, or `Basic` with the base64 of it. */
export function httpCredentials(header: string | undefined): Credentials {
  const [, scheme, token] = /^(\w+)\s+(.+)$/.exec(header ?? '') ?? []
  if (scheme?.toLowerCase() === 'basic') return grpcCredentials(token)
  if (scheme?.toLowerCase() === 'bearer') return credentialsFrom(token)
  return { fault: 'missing authorization in header' }
}

/** Milvus: without a colon it is an API key, of which there are none unless a plugin gives them. */
function credentialsFrom(token: string): Credentials {
  const colon = token.indexOf(':')
  if (colon === -1) return { fault: 'auth check failure, please check api key is correct' }
  return { userName: token.slice(0, colon), password: token.slice(colon + 1) }
}
