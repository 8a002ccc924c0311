// npm run fuzz -- [--count 100000] [--seed N] [--from 0] [--only parquet] [--at-once 8] [--keep DIR]
// Imports changed copies of test/files into a server of its own: it must not die or hang, every job must
// end, and every error must be one of ours. Case k of a seed is the same in every run; a case that fails
// is kept. Ends with 1 when one did. The server must be built.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { caseOf, readCorpus } from './fuzz/cases.mjs'
import { Findings } from './fuzz/findings.mjs'
import { FuzzServer } from './fuzz/fuzz-server.mjs'
import { runCase } from './fuzz/run-case.mjs'
import { root } from './run.mjs'

/** After so many cases everything must be at rest, and what was imported is dropped. */
const casesPerRound = 1000

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    from: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
    'at-once': { type: 'string', default: '8' },
    keep: { type: 'string', default: 'fuzz-failures' },
  },
})
const [seed, from, count] = [values.seed, values.from, values.count].map(Number)
const end = from + count
const corpus = readCorpus(join(root, 'test', 'files'), values.only)
const folder = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'))
const server = await FuzzServer.start(folder)
process.on('exit', () => {
  server.kill()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
const findings = new Findings(resolve(values.keep))
const began = performance.now()

console.log(`seed ${seed}, cases ${from} to ${end - 1} of ${corpus.length} files`)
for (let begin = from; begin < end && !server.isDead; begin += casesPerRound) {
  const roundEnd = Math.min(begin + casesPerRound, end)
  await runRound(begin, roundEnd)
  await server.checkRest(findings)
  const seconds = Math.round((performance.now() - began) / 1000)
  console.log(`${roundEnd - from} of ${count} in ${seconds} s, ${findings}`)
}
await server.stop(findings)
const peak = Number.isNaN(server.peakMib) ? '' : `, at most ${server.peakMib} MiB`
console.log(`seed ${seed}: ${findings}${peak}`)
process.exitCode = findings.count > 0 ? 1 : 0

async function runRound(begin, roundEnd) {
  let next = begin
  const lanes = Array.from({ length: Number(values['at-once']) }, async () => {
    while (next < roundEnd && !server.isDead) {
      await runCase(server, findings, caseOf(corpus, seed, next++))
    }
  })
  await Promise.all(lanes)
}
