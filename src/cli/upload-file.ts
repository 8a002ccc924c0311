import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { pipeline, Transform } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { dataOf, type RestClient } from '../client/rest-client.js'
import { MillraceError } from '../errors.js'
import type { Database, Upload } from './database.js'

const attemptsMax = 5
const retryMs = 500

/** How files get to a server that has uploads. A connection that breaks is taken up where it broke. */
export function uploadTo(rest: RestClient): NonNullable<Database['upload']> {
  return async (file, path, onBytes) => {
    const { size } = await stat(file)
    const target: Target = { rest, file, path, byteLength: size, onBytes }
    for (let attempt = 1; ; attempt++) {
      try {
        return await uploadRest(target)
      } catch (error) {
        if (error instanceof Refused || attempt === attemptsMax) throw failure(target, error)
        await delay(retryMs * attempt)
      }
    }
  }
}

interface Target {
  readonly rest: RestClient
  readonly file: string
  readonly path: string
  readonly byteLength: number
  readonly onBytes: (bytesDone: number) => void
}

/** The server answered: to ask again is of no use. */
class Refused extends Error {}

async function uploadRest(target: Target): Promise<Upload> {
  const { rest, path, byteLength, onBytes } = target
  const begin = await bytesThere(target)
  onBytes(begin)
  if (begin < byteLength || byteLength === 0) await put(target, begin)
  return {
    path: `uploads/${path}`,
    remove: async () => {
      await rest.fetch(urlOf(path), { method: 'DELETE' })
    },
  }
}

/** What an earlier upload of the same file left. */
async function bytesThere({ rest, path, byteLength }: Target): Promise<number> {
  const { headers } = await rest.fetch(urlOf(path), { method: 'HEAD' })
  const isSame = headers.get('upload-length') === String(byteLength)
  return isSame ? Number(headers.get('upload-offset')) : 0
}

async function put(target: Target, begin: number): Promise<void> {
  const { byteLength } = target
  const range = `bytes ${begin}-${byteLength - 1}/${byteLength}`
  const { status, text } = await send(target, begin, {
    'content-type': 'application/octet-stream',
    'content-length': String(byteLength - begin),
    ...(begin > 0 ? { 'content-range': range } : {}),
  })
  if (status === 201) return
  if (status === 404) throw new Refused('it takes no uploads')
  try {
    dataOf(status, text)
  } catch (error) {
    throw new Refused((error as Error).message)
  }
}

function send(
  { rest, file, path, onBytes }: Target,
  begin: number,
  headers: IncomingHttpHeaders,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`http://${rest.address}${urlOf(path)}`, {
      method: 'PUT',
      headers: { ...rest.headers, ...headers },
    })
    sent.on('error', reject)
    sent.on('response', async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode ?? 0, text })
    })
    let bytesDone = begin
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytesDone += chunk.byteLength
        onBytes(bytesDone)
        done(null, chunk)
      },
    })
    // Where it breaks, the request tells why.
    pipeline(createReadStream(file, { start: begin }), counted, sent, () => {})
  })
}

function urlOf(path: string): string {
  return `/v2/files/${path.split('/').map(encodeURIComponent).join('/')}`
}

function failure({ rest, file, path }: Target, error: unknown): MillraceError {
  const { message } = error as Error
  const text = `${file}: could not be uploaded to ${rest.address} as "${path}": ${message}`
  return new MillraceError('ioFailed', text, { file }, error)
}
