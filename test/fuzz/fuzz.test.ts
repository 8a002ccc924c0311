import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
/** The same cases in every run: `npm run fuzz` is for others. */
const seed = process.env.MILLRACE_TEST_SEED ?? '1'
const count = process.env.MILLRACE_FUZZ_CASES ?? '2000'

it('a server stands changed files of every format: it lives, answers and ends every job', async () => {
  const kept = mkdtempSync(join(tmpdir(), 'millrace-fuzz-kept-'))
  const child = spawn(
    process.execPath,
    ['scripts/fuzz.mjs', '--count', count, '--seed', seed, '--keep', kept],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(errors).toBe('')
  expect(output.trimEnd().split('\n').at(-1)).toMatch(/^seed \d+: .*, 0 found/)
  rmSync(kept, { recursive: true })
}, 600_000)
