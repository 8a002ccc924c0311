import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pythons, runPython } from './python.js'
import { ServedMillrace } from './served-millrace.js'

const python = pythons['pymilvus 2.3.7'] ?? ''
const golden = 'test/golden'

describe.skipIf(python === '')('golden answers of Milvus 2.3.5 (needs python3 with venv)', () => {
  let server: ServedMillrace

  beforeAll(async () => {
    server = await ServedMillrace.start()
  })
  afterAll(() => server?.stop())

  it('are given by millrace, but where it means to differ', async () => {
    const replay = join(server.importRoot, 'replay.json')
    const address = ['--port', String(server.port), '--root', server.importRoot]
    await runPython(python, `${golden}/golden.py`, ...address, '--out', replay)

    const purpose = ['--on-purpose', `${golden}/on-purpose.json`]
    const compare = [`${golden}/compare.py`, `${golden}/answers.json`, replay, ...purpose] as const
    const output = await runPython(python, ...compare)
    console.log(output)
    expect(output).toMatch(/^\d{2} passed, 0 failed$/m)
  })
})
