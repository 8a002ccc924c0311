// npm run bench -- bulk-insert [--directory DIR] [--rows 10000,1000000] [--dim 128] [--runs 7]
// Bulk insert of .npy files, call → Completed, beside a copy of the same files to the same disk, and beside
// a real Milvus 2.3.5 where MILLRACE_REAL_MILVUS_VENV names its environment (Linux, root).
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { secondsToCopy, warm, writeNpySet } from './support/files.js'
import { machineLine } from './support/machine.js'
import { startMillrace } from './support/millrace-server.js'
import { median, spread } from './support/statistics.js'

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    rows: { type: 'string', default: '10000,1000000' },
    dim: { type: 'string', default: '128' },
    runs: { type: 'string', default: '7' },
  },
})
const dim = Number(options.dim)
const runs = Number(options.runs)
const directory = mkdtempSync(join(options.directory, 'millrace-bench-'))
const root = join(directory, 'root')
const realMilvus = process.env.MILLRACE_REAL_MILVUS_VENV

try {
  console.log(machineLine())
  const milvus = realMilvus ? startMilvus(realMilvus) : null
  try {
    for (const rowCount of options.rows.split(',').map(Number)) await measure(rowCount, milvus)
  } finally {
    milvus?.stop()
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function measure(rowCount: number, milvus: Rival | null): Promise<void> {
  const files = writeNpySet(join(root, String(rowCount)), rowCount, dim)
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  console.log(`\n${rowCount} × ${dim}, ${(bytes / 1e6).toFixed(1)} MB, ${runs} runs in turn`)
  const names = files.map((file) => relative(root, file))
  const server = await startMillrace(join(directory, 'data'), root)
  const copies: number[] = []
  const imports: number[] = []
  try {
    server.resetPeak()
    for (let run = 0; run < runs; run++) {
      warm(files)
      copies.push(secondsToCopy(files, join(directory, 'copies')))
      imports.push(...onceImported([], server.port, 1, names))
    }
    tell('copy + fsync', copies, rowCount, bytes)
    tell('millrace', imports, rowCount, bytes)
    console.log(`  millrace / copy        ${(median(imports) / median(copies)).toFixed(2)}`)
    console.log(`  millrace, peak memory  ${server.peakMib().toFixed(0)} MiB`)
  } finally {
    await server.stop()
  }
  if (milvus) tellRival(milvus.imports(names), imports, rowCount, bytes)
}

function tell(what: string, seconds: readonly number[], rowCount: number, bytes: number): void {
  const typical = median(seconds)
  const rate = `${Math.round(rowCount / typical)} rows/s, ${(bytes / 1e6 / typical).toFixed(0)} MB/s`
  console.log(`  ${what.padEnd(22)} ${spread(seconds)}, ${rate}`)
}

function tellRival(
  rival: readonly number[],
  imports: readonly number[],
  rowCount: number,
  bytes: number,
): void {
  tell('Milvus 2.3.5', rival, rowCount, bytes)
  console.log(`  Milvus / millrace      ${(median(rival) / median(imports)).toFixed(1)}`)
}

interface Rival {
  imports(names: readonly string[]): number[]
  stop(): void
}

/** In its own network namespace, since it listens on every address. null: it did not start. */
function startMilvus(venv: string): Rival | null {
  const data = mkdtempSync(join(directory, 'milvus-'))
  const env = { ...process.env, DATA: data, VENV: venv, NS: 'millrace-bench' }
  const milvus = (command: string) =>
    execFileSync('test/golden/milvus-server.sh', [command], { env, stdio: 'ignore' })
  const prefix = ['ip', 'netns', 'exec', 'millrace-bench']
  try {
    milvus('start')
  } catch (error) {
    console.log(`Milvus 2.3.5 is not measured: ${String(error)}`)
    milvus('kill9')
    return null
  }
  return {
    imports(names) {
      const paths = names.map((name) => join(root, name))
      warm(paths)
      return onceImported(prefix, 19530, Math.min(runs, 5), paths)
    },
    stop: () => void milvus('kill9'),
  }
}

function onceImported(
  prefix: readonly string[],
  port: number,
  runCount: number,
  files: readonly string[],
): number[] {
  const command = [process.execPath, 'dist/bench/support/one-import.js']
  const [program, ...rest] = [...prefix, ...command, String(port), String(dim), String(runCount)]
  return JSON.parse(execFileSync(program, [...rest, ...files], { encoding: 'utf8' }))
}
