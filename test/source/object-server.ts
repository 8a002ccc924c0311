import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Asked {
  readonly method: string
  readonly path: string
  readonly range: string | undefined
}

/** As much of S3 and of a web server as imports ask for: HEAD, ranged GET, ListObjectsV2 in pages. */
export class ObjectServer {
  /** By path: `/bucket/key`. */
  readonly objects = new Map<string, Buffer>()
  readonly asked: Asked[] = []
  /** Answers instead of the server where it returns true. */
  before: (request: IncomingMessage, response: ServerResponse, path: string) => boolean = () =>
    false
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  static async start(): Promise<ObjectServer> {
    const server = new ObjectServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `http://${this.host}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url)
    const path = decodeURIComponent(url.pathname)
    const { method = '', headers } = request
    this.asked.push({ method, path, range: headers.range })
    if (this.before(request, response, path)) return
    const bytes = this.objects.get(path)
    if (url.searchParams.get('list-type') === '2') this.#list(url, path, response)
    else if (bytes) this.#send(request, response, bytes)
    else end(response, 404, method === 'HEAD' ? '' : errorText('NoSuchKey'))
  }

  #send({ method, headers }: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
    const etag = etagOf(bytes)
    if (headers['if-match'] !== undefined && headers['if-match'] !== etag) {
      end(response, 412, errorText('PreconditionFailed'))
      return
    }
    response.setHeader('etag', etag)
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '')
    if (!range) {
      response.setHeader('content-length', bytes.length)
      response.end(method === 'HEAD' ? undefined : bytes)
      return
    }
    const begin = Number(range[1])
    const last = Math.min(Number(range[2]), bytes.length - 1)
    if (begin > last) {
      end(response, 416, errorText('InvalidRange'))
      return
    }
    response.writeHead(206, { 'content-range': `bytes ${begin}-${last}/${bytes.length}` })
    response.end(bytes.subarray(begin, last + 1))
  }

  #list(url: URL, path: string, response: ServerResponse): void {
    const bucket = path.replace(/\/$/, '')
    const prefix = url.searchParams.get('prefix') ?? ''
    const after = url.searchParams.get('continuation-token') ?? ''
    const keys = [...this.objects.keys()]
      .filter((each) => each.startsWith(`${bucket}/`))
      .map((each) => each.slice(bucket.length + 1))
      .filter((key) => key.startsWith(prefix) && key > after)
      .sort()
    if (![...this.objects.keys()].some((each) => each.startsWith(`${bucket}/`))) {
      end(response, 404, errorText('NoSuchBucket'))
      return
    }
    const page = keys.slice(0, 2)
    const next = keys.length > page.length ? page.at(-1) : undefined
    const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`)
    const token = next ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''
    end(
      response,
      200,
      `<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`,
    )
  }
}

export function etagOf(bytes: Uint8Array): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

function errorText(code: string): string {
  return `<Error><Code>${code}</Code><Message>${code} it is</Message></Error>`
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(text)
}
