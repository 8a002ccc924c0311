// Builds everything into dist/: generated sources first (they are imported by the rest), then tsc.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

if (process.argv.includes('--clean'))
  rmSync(resolve(root, 'dist'), { recursive: true, force: true })
for (const step of ['proto', 'kernels', 'expr']) {
  const script = `scripts/build-${step}.mjs`
  if (existsSync(resolve(root, script))) run(script)
}
run('node_modules/typescript/bin/tsc', '-p', '.')
