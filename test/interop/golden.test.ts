import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pythons, runPython } from './python.js'
import { ServedMillrace } from './served-millrace.js'

const python = pythons['pymilvus 2.3.7'] ?? ''
const golden = 'test/golden'

const compats = ['newest', '2.3'] as const

describe.skipIf(python === '')('golden answers of Milvus 2.3.5 (needs python3 with venv)', () => {
  describe.each(compats)('with --compat %s', replays)
})

function replays(compat: string): void {
  let server: ServedMillrace

  beforeAll(async () => {
    server = await ServedMillrace.start({ args: ['--compat', compat] })
  })
  afterAll(() => server?.stop())

  it('are given by millrace, but where it means to differ', async () => {
    const replay = join(server.importRoot, 'replay.json')
    const address = ['--port', String(server.port), '--root', server.importRoot]
    await runPython(python, `${golden}/golden.py`, ...address, '--out', replay)

    const purpose = ['--on-purpose', purposeOf(compat, server.importRoot)]
    const compare = [`${golden}/compare.py`, `${golden}/answers.json`, replay, ...purpose] as const
    const output = await runPython(python, ...compare)
    console.log(output)
    expect(output).toMatch(/^\d{2} passed, 0 failed$/m)
  })
}

/** What differs on purpose under these rules: some of it only under those of the newest Milvus. */
function purposeOf(compat: string, folder: string): string {
  const all: Record<string, { compat?: string }> = JSON.parse(
    readFileSync(`${golden}/on-purpose.json`, 'utf8'),
  )
  const entries = Object.entries(all).filter(([, entry]) => (entry.compat ?? compat) === compat)
  const path = join(folder, 'on-purpose.json')
  writeFileSync(path, JSON.stringify(Object.fromEntries(entries)))
  return path
}
