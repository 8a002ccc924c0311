/**
 * Runs vitest with one of our configurations and counts. A test file that does not load and an error
 * outside of any test count as failures too.
 */
export async function runTests(config, filters = []) {
  const { startVitest } = await import('vitest/node')
  const vitest = await startVitest('test', filters, { config, watch: false })
  const modules = vitest.state.getTestModules()
  const errors = vitest.state.getUnhandledErrors()
  await vitest.close()
  return countsOf(modules, errors)
}

/** Prints the counts as the very last line and ends the process: with 1 when something failed. */
export function closeWith({ passed, failed, skipped }) {
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  process.stdout.write(`${line}\n`, () => process.exit(failed > 0 ? 1 : 0))
}

function countsOf(modules, errors) {
  const counts = { passed: 0, failed: errors.length, skipped: 0 }
  for (const module of modules) {
    // Where a hook of a suite failed, its tests count as skipped only.
    for (const suite of [module, ...module.children.allSuites()])
      if (suite.errors().length > 0) counts.failed++
    for (const test of module.children.allTests()) count(test, counts)
  }
  if (counts.passed + counts.failed + counts.skipped === 0) counts.failed++
  return counts
}

function count(test, counts) {
  const { state, note } = test.result()
  if (state === 'skipped') {
    counts.skipped++
    const reason = note ? ` (${note})` : ''
    console.log(`skipped: ${test.module.relativeModuleId} > ${test.fullName}${reason}`)
  } else if (state === 'passed') counts.passed++
  else counts.failed++
}
