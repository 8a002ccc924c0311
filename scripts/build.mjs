// Builds everything into dist/: generated sources first (they are imported by the rest), then tsc.
import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { install } from './install.mjs'
import { root, run } from './run.mjs'

try {
  build()
} catch (error) {
  console.error(`millrace: ${error.message}`)
  process.exit(1)
}

function build() {
  install()
  if (process.argv.includes('--clean'))
    rmSync(resolve(root, 'dist'), { recursive: true, force: true })
  for (const step of ['proto', 'kernels', 'expr']) {
    const script = `scripts/build-${step}.mjs`
    if (existsSync(resolve(root, script))) run(script)
  }
  run('node_modules/typescript/bin/tsc', '-p', '.')
}
