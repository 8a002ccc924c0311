import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServedMillrace } from './served-millrace.js'

const run = promisify(execFile)
const program = 'test/interop/client-round-trip.mjs'

it('serves the TypeScript client from a bulk insert to a search', async () => {
  const server = await ServedMillrace.start()
  try {
    const address = [String(server.port), server.importRoot]
    const { stdout } = await run(process.execPath, [program, ...address])
    expect(JSON.parse(stdout)).toMatchObject({ rowCount: 1_000 })
  } finally {
    await server.stop()
  }
})

/** An environment with milvus==2.3.5; it is run in a network namespace of its own, as root. */
const realMilvus = process.env.MILLRACE_REAL_MILVUS_VENV ?? ''

describe.skipIf(realMilvus === '')('Milvus 2.3.5 (needs MILLRACE_REAL_MILVUS_VENV)', () => {
  let folder: string
  const milvus = (...args: string[]) => {
    const env = { ...process.env, DATA: folder, VENV: realMilvus, NS: 'millrace-interop' }
    return run('test/golden/milvus-server.sh', args, { env })
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-real-milvus-'))
    await milvus('start')
  })
  afterAll(async () => {
    await milvus('stop')
    rmSync(folder, { recursive: true, force: true })
  })

  it('serves the TypeScript client just as well', async () => {
    const { stdout } = await milvus('exec', process.execPath, program, '19530', folder)
    expect(JSON.parse(stdout)).toMatchObject({ rowCount: 1_000 })
  })
})
