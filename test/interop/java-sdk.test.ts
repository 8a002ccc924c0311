import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ServedMillrace } from './served-millrace.js'

const run = promisify(execFile)
const folder = 'test/interop/java'
const listClassPath = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath'
const hasJava = ['java', 'mvn'].every((program) => spawnSync(program, ['-version']).status === 0)

describe.skipIf(!hasJava)('the Java SDK (needs java and mvn)', () => {
  it('creates, inserts, imports, searches, queries, iterates, changes and drops', async () => {
    const server = await ServedMillrace.start()
    try {
      const list = join(server.importRoot, 'classpath')
      await run('mvn', ['-q', '-B', '-f', folder, listClassPath, `-Dmdep.outputFile=${list}`])
      const program = ['-cp', readFileSync(list, 'utf8').trim(), join(folder, 'JavaSdk.java')]
      const { stdout } = await run('java', [...program, String(server.port), server.importRoot])
      expect(JSON.parse(stdout)).toEqual({ sdk: 'java', ok: true })
    } finally {
      await server.stop()
    }
  })
})
