// npm run bench -- bulk-insert [--directory DIR] [--rows 10000,1000000] [--dim 128] [--runs 7]
// Bulk insert of .npy files, call → Completed, beside a copy of the same files to the same disk, and beside
// a real Milvus 2.3.5 where MILLRACE_REAL_MILVUS_VENV names its environment (Linux, root).
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { secondsToCopy, warm, writeNpySet } from './support/files.js'
import { machineLine } from './support/machine.js'
import { startMillrace } from './support/millrace-server.js'
import { type RealMilvus, startRealMilvus } from './support/real-milvus.js'
import { median, spread } from './support/statistics.js'
import { secondsToImport } from './support/time-imports.js'

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

try {
  console.log(machineLine())
  const milvus = startRealMilvus(directory)
  try {
    for (const rowCount of options.rows.split(',').map(Number)) await measure(rowCount, milvus)
  } finally {
    milvus?.stop()
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function measure(rowCount: number, milvus: RealMilvus | null): Promise<void> {
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
      imports.push(...secondsToImport(server.port, dim, 1, names))
    }
    tell('copy + fsync', copies, rowCount, bytes)
    tell('millrace', imports, rowCount, bytes)
    console.log(`  millrace / copy        ${(median(imports) / median(copies)).toFixed(2)}`)
    console.log(`  millrace, peak memory  ${server.peakMib().toFixed(0)} MiB`)
  } finally {
    await server.stop()
  }
  if (milvus) tellRival(milvus.imports(files, dim, Math.min(runs, 5)), imports, rowCount, bytes)
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
