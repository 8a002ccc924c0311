import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Engine } from '../../engines/engine.js'
import { type ErrorKind, MillraceError, millraceErrorFrom } from '../../errors.js'
import type { UploadedFile } from '../../source/upload-folder.js'
import type { UploadRoot, UploadState } from '../../source/upload-root.js'
import { importUsing } from '../upload-use.js'
import type { JsonValue } from './json-text.js'
import { failure, type Reply, success } from './reply.js'
import { mediaTypeOf } from './request-guard.js'

/** Uploads are below it. */
export const uploadsPrefix = '/v2/files'

/**
 * Answers what is asked about uploads: PUT adds a file, or a part of it where there is a Content-Range; HEAD
 * tells in `upload-offset` how much has come in; GET lists; DELETE removes.
 */
export async function uploadReply(
  engine: Engine,
  uploads: UploadRoot,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply> {
  try {
    const path = pathFrom(request)
    switch (request.method) {
      case 'PUT':
        return await put(engine, uploads, path, request, response)
      case 'HEAD':
        return headReply(await uploads.state(path))
      case 'GET':
        return await listReply(uploads, path)
      case 'DELETE':
        checkUnused(engine, path)
        await uploads.remove(path)
        return success({})
      default:
        return failure(405, new MillraceError('unsupported', 'expected PUT, HEAD, GET or DELETE'))
    }
  } catch (thrown) {
    const error = millraceErrorFrom(thrown)
    return failure(statuses[error.kind] ?? 400, error)
  }
}

const statuses: Readonly<Partial<Record<ErrorKind, number>>> = {
  keyNotFound: 404,
  serviceUnavailable: 409,
  quotaExceeded: 507,
  ioFailed: 500,
  unexpected: 500,
}

function pathFrom({ url = '' }: IncomingMessage): string {
  const [path] = url.split('?')
  try {
    return path
      .slice(uploadsPrefix.length + 1)
      .split('/')
      .map(decodeSegment)
      .join('/')
  } catch (error) {
    throw new MillraceError('parameterInvalid', `expected a path in UTF-8, got ${path}`, {}, error)
  }
}

/** An encoded slash is no part of a name. */
function decodeSegment(segment: string): string {
  const decoded = decodeURIComponent(segment)
  return decoded.includes('/') ? segment : decoded
}

async function put(
  engine: Engine,
  uploads: UploadRoot,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply> {
  const mediaType = mediaTypeOf(request)
  if (mediaType !== 'application/octet-stream') {
    const expected = 'expected content-type application/octet-stream'
    return failure(
      415,
      new MillraceError('parameterInvalid', `${expected}, got ${JSON.stringify(mediaType)}`),
    )
  }
  const range = rangeOf(request)
  if (range === null) {
    return failure(411, new MillraceError('parameterMissing', 'expected a content-length'))
  }
  checkUnused(engine, path)
  const state = await uploads.add({ path, ...range, body: bodyOf(request, response) })
  if (state.byteLength !== range.begin + range.length) return conflict(path, range.begin, state)
  const isWhole = state.byteLength === state.bytesTotal
  return success({ path: importPathOf(path), ...sizes(state) }, isWhole ? 201 : 202)
}

interface PartRange {
  readonly begin: number
  readonly length: number
  readonly bytesTotal: number
}

/** @throws parameterInvalid for a Content-Range that is none, or is not of the body's length */
function rangeOf({ headers }: IncomingMessage): PartRange | null {
  const { 'content-length': lengthText, 'content-range': text } = headers
  if (lengthText === undefined) return null
  const length = Number(lengthText)
  if (text === undefined) return { begin: 0, length, bytesTotal: length }
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text)
  const [begin, last, bytesTotal] = match?.slice(1).map(Number) ?? []
  if (match && last < bytesTotal && last - begin + 1 === length) {
    return { begin, length, bytesTotal }
  }
  throw new MillraceError(
    'parameterInvalid',
    `expected a content-range "bytes first-last/total" of the ${length} bytes of the body, got ${JSON.stringify(text)}`,
  )
}

/** Only now the client is told to send, where it asked before. */
function bodyOf(request: IncomingMessage, response: ServerResponse): AsyncIterable<Uint8Array> {
  if (request.headers.expect !== undefined) response.writeContinue()
  return request.iterator({ destroyOnReturn: false })
}

function checkUnused(engine: Engine, path: string): void {
  const taskId = importUsing(engine, path)
  if (taskId === null) return
  throw new MillraceError(
    'serviceUnavailable',
    `the upload '${path}' is being imported by job ${taskId}`,
  )
}

function headReply(state: UploadState | null): Reply {
  if (state === null) return { status: 404, body: '' }
  return { status: 200, body: '', headers: offsetHeaders(state) }
}

async function listReply(uploads: UploadRoot, path: string): Promise<Reply> {
  const files = await uploads.list(path)
  if (path !== '' && files.length === 0) {
    throw new MillraceError('keyNotFound', `there is no upload '${path}'`)
  }
  const { usedBytes, bytesMax } = uploads
  return success({ files: files.map(fileMembers), usedBytes, quotaBytes: bytesMax })
}

function fileMembers({ path, byteLength, modifiedMs }: UploadedFile): JsonValue {
  return {
    path: importPathOf(path),
    fileSize: byteLength,
    modifiedTime: new Date(modifiedMs).toISOString(),
  }
}

function importPathOf(path: string): string {
  return `uploads/${path}`
}

function sizes({ byteLength, bytesTotal }: UploadState): Record<string, JsonValue> {
  return { uploadedBytes: byteLength, fileSize: bytesTotal }
}

function offsetHeaders({ byteLength, bytesTotal }: UploadState): Record<string, string> {
  return { 'upload-offset': String(byteLength), 'upload-length': String(bytesTotal) }
}

function conflict(path: string, begin: number, state: UploadState): Reply {
  const message = `the upload '${path}' goes on at byte ${state.byteLength} of ${state.bytesTotal}, got a part that begins at ${begin}`
  const error = new MillraceError('parameterInvalid', message)
  return { ...failure(409, error), headers: offsetHeaders(state) }
}
