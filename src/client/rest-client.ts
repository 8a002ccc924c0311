import { errorKinds } from '../errors.js'
import { MilvusException } from './milvus-exception.js'

const prefix = '/v2/vectordb'

/** Who asks, and in which database; what is left out is nobody, and the default one. */
interface RestIdentity {
  /** An API key, or `user:password`. */
  readonly token?: string
  readonly dbName?: string
}

/** Milvus's REST v2 at one address. */
export class RestClient {
  /** `host:port`, or `https://host:port`. */
  readonly address: string
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>
  readonly #dbName: string | undefined

  constructor(address: string, { token, dbName }: RestIdentity = {}) {
    this.address = address
    this.headers = token ? { authorization: `Bearer ${token}` } : {}
    this.#dbName = dbName
  }

  urlOf(path: string): string {
    const isSecure = this.address.startsWith('https://')
    return `${isSecure ? '' : 'http://'}${this.address}${path}`
  }

  /**
   * Asks with a JSON body and gives the answer's `data`.
   * @throws MilvusException when no server answers, or it refuses
   */
  async post(path: string, members: Readonly<Record<string, unknown>>): Promise<unknown> {
    const body = this.#dbName === undefined ? members : { dbName: this.#dbName, ...members }
    const response = await this.fetch(`${prefix}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return dataOf(response.status, await response.text())
  }

  /** @throws as `post` */
  async *download(path: string): AsyncIterable<Uint8Array> {
    const response = await this.fetch(`${prefix}${path}`)
    const isRefused = response.headers.get('content-type')?.startsWith('application/json')
    if (isRefused) dataOf(response.status, await response.text())
    if (response.body) yield* response.body
  }

  /** @throws MilvusException when no server answers */
  async fetch(
    path: string,
    request: RequestInit & { readonly headers?: Record<string, string> } = {},
  ): Promise<Response> {
    try {
      const headers = { ...this.headers, ...request.headers }
      return await fetch(this.urlOf(path), { ...request, headers })
    } catch (error) {
      throw unreachable(this.address, error)
    }
  }
}

/** @throws MilvusException where the answer is a refusal, or is none of Milvus's */
export function dataOf(status: number, text: string): unknown {
  const { code, message, data } = answerFrom(text)
  if (code === 0) return data
  const { code: unexpected } = errorKinds.unexpected
  if (typeof code !== 'number') {
    const shown = text.slice(0, 80).replace(/\s+/g, ' ').trim()
    const answer = `HTTP ${status}${shown === '' ? '' : `, "${shown}"`}`
    throw new MilvusException(unexpected, `expected an answer of Milvus's REST v2, got ${answer}`)
  }
  throw new MilvusException(code, typeof message === 'string' ? message : `HTTP ${status}`)
}

function answerFrom(text: string): { code?: unknown; message?: unknown; data?: unknown } {
  try {
    const answer: unknown = JSON.parse(text)
    return answer !== null && typeof answer === 'object' ? answer : {}
  } catch {
    return {}
  }
}

function unreachable(address: string, error: unknown): MilvusException {
  const { code, legacy } = errorKinds.serviceUnavailable
  const { message, cause } = error as Error
  const reason = cause instanceof Error && cause.message ? cause.message : message
  return new MilvusException(code, `no server answers at ${address}: ${reason}`, legacy, error)
}
