import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { MillraceError } from '../errors.js'
import type { Store } from './store.js'

/** A unix socket's path may have 107 bytes; some systems allow four less. */
const socketPathBytesMax = 103

export interface Ownership {
  close(): Promise<void>
}

/**
 * Makes this process the one that owns a data directory. Ownership is a bound socket that the store names,
 * not a pid file: it ends with its process, and a pid means nothing in another container. The socket is
 * bound before the store names it, and the store changes hands by compare and set, so two servers that
 * start at once over a dead one's directory cannot both win.
 * @throws serviceUnavailable when another server owns the directory.
 */
export async function claimDirectory(path: string, store: Store): Promise<Ownership> {
  const name = newName(path)
  const server = await listen(resolve(path, name))
  const owner = store.get<string>('meta', 'owner')
  const isFree = owner === undefined || !(await answers(resolve(path, owner)))
  if (isFree && store.replaceSync('meta', 'owner', owner, name)) {
    if (owner !== undefined) removeSocket(resolve(path, owner))
    removeLeftovers(path, name)
    return { close: () => closeServer(server) }
  }
  await closeServer(server)
  throw new MillraceError(
    'serviceUnavailable',
    `the data directory ${path} is in use by another millrace server; stop that one, or give this one another directory with --data`,
  )
}

/** Relative to the directory where it lies inside, so that it holds where that is mounted elsewhere. */
function newName(path: string): string {
  const nonce = randomUUID().slice(0, 8)
  if (process.platform === 'win32') return `\\\\.\\pipe\\millrace-${nonce}`
  const inside = `owner-${nonce}.sock`
  if (Buffer.byteLength(join(path, inside)) <= socketPathBytesMax) return inside
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 16)
  return join(tmpdir(), `millrace-${digest}-${nonce}.sock`)
}

function removeSocket(address: string): void {
  if (process.platform !== 'win32') rmSync(address, { force: true })
}

/** Sockets of processes that died, or lost, before the store named them. */
function removeLeftovers(path: string, ownName: string): void {
  for (const name of readdirSync(path)) {
    if (/^owner-\w+\.sock$/.test(name) && name !== ownName) removeSocket(join(path, name))
  }
}

function listen(address: string): Promise<Server> {
  return new Promise((fulfil, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(address, () => fulfil(server.unref()))
  })
}

/** What connecting to a socket without a process says; anything else may be a busy or foreign one. */
const goneCodes = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']

function answers(address: string): Promise<boolean> {
  return new Promise((fulfil) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.destroy()
      fulfil(true)
    })
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) =>
      fulfil(!goneCodes.includes(code)),
    )
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((fulfil) => server.close(() => fulfil()))
}
