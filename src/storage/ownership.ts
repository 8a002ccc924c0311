import { createHash, randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  const address = newAddress(path)
  const server = await listen(address)
  const owner = store.get<string>('meta', 'owner')
  const isFree = owner === undefined || !(await answers(owner))
  if (isFree && store.replaceSync('meta', 'owner', owner, address)) {
    if (owner !== undefined && process.platform !== 'win32') rmSync(owner, { force: true })
    return { close: () => closeServer(server) }
  }
  await closeServer(server)
  throw new MillraceError(
    'serviceUnavailable',
    `the data directory ${path} is in use by another millrace server; stop that one, or give this one another directory with --data`,
  )
}

function newAddress(path: string): string {
  const nonce = randomUUID().slice(0, 8)
  if (process.platform === 'win32') return `\\\\.\\pipe\\millrace-${nonce}`
  const inside = join(path, `owner-${nonce}.sock`)
  if (Buffer.byteLength(inside) <= socketPathBytesMax) return inside
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 16)
  return join(tmpdir(), `millrace-${digest}-${nonce}.sock`)
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(address, () => resolve(server.unref()))
  })
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
