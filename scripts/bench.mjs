// npm run bench -- NAME [options]: builds, then runs bench/NAME.ts.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.mjs'

const [name, ...options] = process.argv.slice(2)
if (!name || !existsSync(join(root, 'bench', `${name}.ts`))) {
  console.error('usage: npm run bench -- NAME [options], where bench/NAME.ts is a program')
  process.exit(2)
}
run('scripts/build.mjs')
run('node_modules/typescript/bin/tsc', '-p', 'bench')
run(`dist/bench/${name}.js`, ...options)
