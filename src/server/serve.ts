import type { Logger } from 'pino'
import type { Engine } from '../engines/engine.js'
import type { UploadRoot } from '../source/upload-root.js'
import { createGrpcServer } from './grpc-server.js'
import { OnePort } from './one-port.js'
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
  { host, port, uploads, log }: ServeAddress,
): Promise<RunningServer> {
  const grpc = createGrpcServer(engine, log)
  const http = createRestServer({ engine, uploads: uploads ?? null, host, log })
  const onePort = await OnePort.listen({ host, port, http, grpc, log })
  const stopSweeping = uploads && sweepOf(engine, uploads, log)
  return {
    host,
    port: onePort.port,
    async close() {
      stopSweeping?.()
      await onePort.close(closeGraceMs)
      grpc.forceShutdown()
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
