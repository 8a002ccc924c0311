import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ServedMillrace } from './served-millrace.js'

const run = promisify(execFile)
const hasGo = spawnSync('go', ['version']).status === 0

describe.skipIf(!hasGo)('the Go SDK (needs go)', () => {
  it('creates, inserts, imports, searches, queries, iterates, changes and drops', async () => {
    const server = await ServedMillrace.start()
    try {
      const address = ['-port', String(server.port), '-root', server.importRoot]
      const { stdout } = await run('go', ['run', '.', ...address], { cwd: 'test/interop/go' })
      expect(JSON.parse(stdout)).toEqual({ sdk: 'go', ok: true })
    } finally {
      await server.stop()
    }
  })
})
