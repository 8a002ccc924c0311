import type { IncomingMessage } from 'node:http'
import { MillraceError } from '../../errors.js'

/** What a request says beside its body. */
export interface RequestWords {
  readonly dbName: string | undefined
  /** The same request under the same key is answered as the first one was. */
  readonly idempotencyKey: string | undefined
  /** Whether int64 are answered as numbers; else as strings, which every JSON parser reads exactly. */
  readonly allowsInt64: boolean
  /** Who calls; null where users are not told apart. */
  readonly userName: string | null
}

const idempotencyKeyLengthMax = 255

/** @throws parameterInvalid for a key that is too long to be kept */
export function wordsOf(request: IncomingMessage, userName: string | null): RequestWords {
  const idempotencyKey = headerOf(request, 'idempotency-key')
  if (idempotencyKey !== undefined && idempotencyKey.length > idempotencyKeyLengthMax) {
    throw new MillraceError(
      'parameterInvalid',
      `Idempotency-Key: expected at most ${idempotencyKeyLengthMax} characters, got ${idempotencyKey.length}`,
    )
  }
  const allowsInt64 = headerOf(request, 'accept-type-allow-int64')?.toLowerCase() === 'true'
  return { dbName: headerOf(request, 'db-name'), idempotencyKey, allowsInt64, userName }
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
