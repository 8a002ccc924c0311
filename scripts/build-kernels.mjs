// Compiles the kernels twice: with plain SIMD, and with relaxed SIMD for where it validates.
import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'src/kernels/assembly')
const target = join(root, 'dist/kernels')

const flags = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--bindings', 'none'],
  ...['--enable', 'simd', '--enable', 'threads', '--enable', 'bulk-memory'],
  // All memory is the caller's. One page short of 4 GiB, no address a kernel computes wraps to 0.
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65535'],
]
const builds = [
  { file: 'kernels.wasm', extra: [] },
  { file: 'kernels-relaxed.wasm', extra: ['--enable', 'relaxed-simd'] },
]

const sources = (await readdir(source)).map((name) => join(source, name))
const newest = Math.max(...[...sources, fileURLToPath(import.meta.url)].map(modifiedMs))
mkdirSync(target, { recursive: true })
for (const { file, extra } of builds) {
  const output = join(target, file)
  if (modifiedMs(output) > newest) continue
  const asc = 'node_modules/assemblyscript/bin/asc.js'
  const { status } = spawnSync(
    process.execPath,
    [asc, 'src/kernels/assembly/index.ts', '-o', output, ...flags, ...extra],
    { cwd: root, stdio: 'inherit' },
  )
  if (status !== 0) process.exit(status ?? 1)
}

function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
