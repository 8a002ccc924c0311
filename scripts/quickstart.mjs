// npm run quickstart: a bulk insert from a fresh clone, seen from its files to its search hits.
// usage: npm run quickstart -- [--port N] [--once]
import { createServer } from 'node:net'
import { parseArgs } from 'node:util'
import { run } from './run.mjs'

try {
  const { port, once } = options()
  await refuseTakenPort(port)
  run('scripts/build.mjs')
  const { tour } = await import('./quickstart/tour.mjs')
  await tour({ port, once })
} catch (error) {
  console.error(`\nmillrace quickstart: ${error.message}`)
  process.exit(1)
}

function options() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '19530' },
      once: { type: 'boolean', default: false },
    },
  })
  const port = Number(values.port)
  if (Number.isInteger(port) && port > 0 && port < 65536) return { port, once: values.once }
  throw new Error(`--port takes a number from 1 to 65535, got "${values.port}"`)
}

/** Asked before anything is built: an install is long, and a taken port is common. */
function refuseTakenPort(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => reject(portError(port, error)))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()))
  })
}

function portError(port, error) {
  if (error.code !== 'EADDRINUSE') return error
  const other = port === 19530 ? 19531 : port + 1
  return new Error(
    `port ${port} on 127.0.0.1 is taken, maybe by a Milvus that runs already.\n` +
      `Take another one: npm run quickstart -- --port ${other}`,
  )
}
