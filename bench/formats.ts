// npm run bench -- formats [--directory DIR] [--shapes 1000000x128,100000x768] [--scale 1] [--runs 3]
//   [--formats npy,json,jsonl,csv,parquet] [--scalar-rows 1000000]
// Every format: the reader alone in MB of the file per CPU second, then bulk insert, call → Completed, beside
// a copy of the same files to the same disk, with one core beside all, and beside a real Milvus 2.3.5 where
// MILLRACE_REAL_MILVUS_VENV names its environment (Linux, root; npy, json, parquet).
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { secondsToCopy, warm, writeNpySet } from './support/files.js'
import { machineLine } from './support/machine.js'
import { startMillrace } from './support/millrace-server.js'
import { writeParquet } from './support/parquet-file.js'
import { type RealMilvus, startRealMilvus } from './support/real-milvus.js'
import { median, spread } from './support/statistics.js'
import { textFormats, writeScalarText, writeVectorText } from './support/text-files.js'
import { secondsToImport } from './support/time-imports.js'

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string', default: tmpdir() },
    shapes: { type: 'string', default: '1000000x128,100000x768' },
    scale: { type: 'string', default: '1' },
    runs: { type: 'string', default: '3' },
    formats: { type: 'string', default: ['npy', ...textFormats, 'parquet'].join(',') },
    'scalar-rows': { type: 'string', default: '1000000' },
  },
})
const scale = Number(options.scale)
const runs = Number(options.runs)
const formats = options.formats.split(',')
const directory = mkdtempSync(join(options.directory, 'millrace-bench-'))
const root = join(directory, 'root')
const formatsOfMilvus = ['npy', 'json', 'parquet']

interface Workload {
  readonly format: string
  readonly rowCount: number
  readonly dim: number
  readonly files: readonly string[]
  readonly megabytes: number
}

try {
  console.log(`${machineLine()}, ${runs} runs in turn`)
  const milvus = startRealMilvus(directory)
  try {
    for (const shape of options.shapes.split(',')) await measureShape(shape, milvus)
  } finally {
    milvus?.stop()
  }
  measureScalars(Math.round(Number(options['scalar-rows']) * scale))
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function measureShape(shape: string, milvus: RealMilvus | null): Promise<void> {
  const [rows, dim] = shape.split('x').map(Number)
  const rowCount = Math.round(rows * scale)
  console.log(`\n${rowCount} × ${dim}`)
  for (const format of formats) {
    rmSync(root, { recursive: true, force: true })
    mkdirSync(root)
    const files = writeFiles(format, rowCount, dim)
    await measure({ format, rowCount, dim, files, megabytes: megabytesOf(files) }, milvus)
  }
}

function writeFiles(format: string, rowCount: number, dim: number): string[] {
  if (format === 'npy') return writeNpySet(root, rowCount, dim)
  const path = join(root, `rows.${format}`)
  const textFormat = textFormats.find((each) => each === format)
  if (textFormat) writeVectorText(path, textFormat, rowCount, dim)
  else writeParquet(path, rowCount, dim)
  return [path]
}

async function measure(workload: Workload, milvus: RealMilvus | null): Promise<void> {
  const { format, dim, files, megabytes } = workload
  console.log(`  ${format}, ${megabytes.toFixed(1)} MB`)
  warm(files)
  if (format !== 'npy') tellReader(files[0], dim, megabytes)
  const copies = Array.from({ length: runs }, () => {
    warm(files)
    return secondsToCopy(files, join(directory, 'copies'))
  })
  tell('copy + fsync', workload, copies)
  const imports = await importWith([], workload, `import, ${availableParallelism()} cores`)
  if (process.platform === 'linux' && availableParallelism() > 1) {
    const single = await importWith(['taskset', '-c', '0'], workload, 'import, 1 core')
    tellRatio('1 core / all cores', single, imports)
  }
  tellRatio('import / copy', imports, copies)
  if (milvus && formatsOfMilvus.includes(format)) compare(milvus, workload, imports)
}

async function importWith(
  prefix: readonly string[],
  workload: Workload,
  name: string,
): Promise<number[]> {
  const { dim, files, megabytes } = workload
  const server = await startMillrace(join(directory, 'data'), root, prefix)
  try {
    server.resetPeak()
    const cpuBegan = server.cpuSeconds()
    const seconds: number[] = []
    for (let run = 0; run < runs; run++) {
      warm(files)
      seconds.push(...secondsToImport(server.port, dim, 1, files))
    }
    const perCpuSecond = (megabytes * runs) / (server.cpuSeconds() - cpuBegan)
    const peak = `peak ${server.peakMib().toFixed(0)} MiB`
    tell(name, workload, seconds, `, ${perCpuSecond.toFixed(0)} MB per CPU second, ${peak}`)
    return seconds
  } finally {
    await server.stop()
    rmSync(join(directory, 'data'), { recursive: true, force: true })
  }
}

function compare(milvus: RealMilvus, workload: Workload, imports: readonly number[]): void {
  try {
    const rival = milvus.imports(workload.files, workload.dim, runs)
    tell('Milvus 2.3.5', workload, rival)
    tellRatio('Milvus / millrace', rival, imports)
  } catch (error) {
    console.log(`    Milvus 2.3.5 did not import it: ${String(error)}`)
  }
}

/** Readers of rows without a vector, beside no import: what a Milvus of 2.3 holds has a vector. */
function measureScalars(rowCount: number): void {
  console.log(`\n${rowCount} rows of scalars and JSON`)
  for (const format of textFormats.filter((each) => formats.includes(each))) {
    rmSync(root, { recursive: true, force: true })
    mkdirSync(root)
    const path = join(root, `scalars.${format}`)
    writeScalarText(path, format, rowCount)
    const megabytes = megabytesOf([path])
    console.log(`  ${format}, ${megabytes.toFixed(1)} MB`)
    tellReader(path, 0, megabytes)
  }
}

function tellReader(path: string, dim: number, megabytes: number): void {
  const command = ['dist/bench/support/read-file.js', path, String(dim), String(runs)]
  const answer = execFileSync(process.execPath, command, { encoding: 'utf8' })
  const rate = megabytes / median(JSON.parse(answer) as number[])
  console.log(`    ${'reader alone'.padEnd(22)} ${rate.toFixed(0)} MB per CPU second`)
}

function tell(
  what: string,
  { rowCount, megabytes }: Workload,
  seconds: readonly number[],
  more = '',
): void {
  const typical = median(seconds)
  const rate = `${Math.round(rowCount / typical)} rows/s, ${(megabytes / typical).toFixed(0)} MB/s`
  console.log(`    ${what.padEnd(22)} ${spread(seconds)}, ${rate}${more}`)
}

function tellRatio(what: string, over: readonly number[], under: readonly number[]): void {
  console.log(`    ${what.padEnd(22)} ${(median(over) / median(under)).toFixed(2)}`)
}

function megabytesOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6
}
