import type { Logger } from 'pino'
import type { Engine } from '../engines/engine.js'
import type { UploadRoot } from '../source/upload-root.js'
import { Authenticator } from './auth/authenticator.js'
import { createGrpcServer } from './grpc-server.js'
import { OnePort, type TlsIdentity } from './one-port.js'
import { createRestServer } from './rest/rest-server.js'
import { sweepUploads } from './upload-use.js'

/** Calls in flight may finish for so long when the server is closed. */
const closeGraceMs = 5_000

export interface ServeAddress {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** Where uploads go; left out: nothing can be uploaded. */
  readonly uploads?: UploadRoot
  /** Whether users are told apart; left out: everybody may everything. */
  readonly isAuthOn?: boolean
  /** Left out: no TLS. */
  readonly tls?: TlsIdentity
  readonly log: Logger
}

export interface RunningServer {
  readonly host: string
  readonly port: number
  /** Stops accepting and lets calls in flight finish. The engine stays open: it is its opener's. */
  close(): Promise<void>
}

/** Serves an engine over gRPC and REST on one port. @throws ioFailed when the address cannot be had */
export async function startServer(
  engine: Engine,
  { host, port, uploads, isAuthOn, tls, log }: ServeAddress,
): Promise<RunningServer> {
  if (isAuthOn && engine.access.users.isRootAsAtFirst()) {
    log.warn('the password of root is still the one that everybody knows: change it')
  }
  const authenticator = isAuthOn ? new Authenticator(engine.access.users) : null
  const grpc = createGrpcServer({ engine, authenticator, log })
  const http = createRestServer({ engine, uploads: uploads ?? null, authenticator, host, log })
  const onePort = await OnePort.listen({ host, port, http, grpc, tls: tls ?? null, log })
  const stopSweeping = uploads && sweepOf(engine, uploads, log)
  return {
    host,
    port: onePort.port,
    async close() {
      stopSweeping?.()
      await onePort.close(closeGraceMs)
    },
  }
}

function sweepOf(engine: Engine, uploads: UploadRoot, log: Logger): () => void {
  return sweepUploads(
    engine,
    uploads,
    (paths) => log.info({ paths }, 'removed uploads that nobody imported for a day'),
    (error) => log.error({ err: error }, 'old uploads could not be removed'),
  )
}
