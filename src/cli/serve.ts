import type { Logger } from 'pino'
import { type ServeConfig, type ServeOptions, serveConfigFrom } from '../config.js'
import { EmbeddedEngine } from '../engines/embedded/embedded-engine.js'
import { MillraceError } from '../errors.js'
import { type RunningServer, startServer } from '../server/serve.js'
import { UploadRoot } from '../source/upload-root.js'
import { engineLog } from './engine-log.js'
import { createLog } from './log.js'
import { stopOnSignal } from './stop-on-signal.js'
import { tlsIdentityFrom } from './tls-identity.js'

/** `millrace serve`: runs until a signal. An error of the user's making is told in one line, exit code 1. */
export async function serve(options: ServeOptions): Promise<void> {
  try {
    const config = serveConfigFrom(options, process.env)
    await run(config, await createLog(config.logLevel))
  } catch (error) {
    if (!(error instanceof MillraceError) || error.kind === 'unexpected') throw error
    process.stderr.write(`millrace: ${error.message}\n`)
    process.exitCode = 1
  }
}

async function run(config: ServeConfig, log: Logger): Promise<void> {
  const { host, port, dataPath, importRoots, s3, httpHosts, uploadRoot, compat } = config
  const places = { dataPath, importRoots, s3, httpHosts, uploadRoot }
  const tls = config.tls && tlsIdentityFrom(config.tls)
  const engine = await EmbeddedEngine.open({ ...places, compat, log: engineLog(log) })
  let server: RunningServer
  try {
    const uploads = await UploadRoot.open(uploadRoot, config.uploadBytesMax)
    const address = { host, port, uploads, isAuthOn: config.isAuthOn, log }
    server = await startServer(engine, tls ? { ...address, tls } : address)
  } catch (error) {
    await engine.close()
    throw error
  }
  const address = `${host.includes(':') ? `[${host}]` : host}:${server.port}`
  log.info(
    { address, dataPath, importRoots, auth: config.isAuthOn, tls: tls !== null },
    `millrace listens on ${address}`,
  )
  stopOnSignal(log, async () => {
    await server.close()
    await engine.close()
  })
}
