import type { Logger } from 'pino'
import type { Engine } from '../engines/engine.js'
import { createGrpcServer } from './grpc-server.js'
import { OnePort } from './one-port.js'
import { createRestServer } from './rest/rest-server.js'

/** Calls in flight may finish for so long when the server is closed. */
const closeGraceMs = 5_000

export interface ServeAddress {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
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
  { host, port, log }: ServeAddress,
): Promise<RunningServer> {
  const grpc = createGrpcServer(engine, log)
  const http = createRestServer({ engine, host, log })
  const onePort = await OnePort.listen({ host, port, http, grpc, log })
  return {
    host,
    port: onePort.port,
    async close() {
      await onePort.close(closeGraceMs)
      grpc.forceShutdown()
    },
  }
}
