// npm test: installs what is missing, builds, lints, tests. The last line is `N passed, N failed`.

import { run } from './run.mjs'
import { closeWith, runTests } from './run-tests.mjs'

try {
  run('scripts/build.mjs')
  run('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings')
} catch (error) {
  console.error(error.message)
  closeWith({ passed: 0, failed: 1, skipped: 0 })
}
closeWith(await runTests('vitest.config.mjs', process.argv.slice(2)))
