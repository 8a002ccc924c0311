// npm run test:interop: real clients against the built server. The last line is `N passed, N failed`.
import { minioBinary } from './minio.mjs'
import { pythonEnvironment, pythonLack } from './python-environments.mjs'
import { run } from './run.mjs'
import { closeWith, runTests } from './run-tests.mjs'

try {
  run('scripts/build.mjs')
  process.env.MILLRACE_MINIO = minioBinary()
  if (!process.env.MILLRACE_MINIO)
    console.log('millrace: the tests with MinIO are skipped: it is not there')
  const lack = pythonLack()
  if (lack) console.log(`millrace: the tests with Python clients are skipped: ${lack}`)
  else {
    const requirements = 'test/interop/python/requirements-pymilvus'
    process.env.MILLRACE_PYMILVUS_2_3 = pythonEnvironment(`${requirements}-2.3.txt`)
    process.env.MILLRACE_PYMILVUS_3_0 = pythonEnvironment(`${requirements}-3.0.txt`)
  }
} catch (error) {
  console.error(error.message)
  closeWith({ passed: 0, failed: 1, skipped: 0 })
}
closeWith(await runTests('vitest.interop.config.mjs', process.argv.slice(2)))
