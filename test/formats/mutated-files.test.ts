import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../dist/errors.js'
import { rowsOfSource } from './file-rows.js'
import { fieldsOfFixture, hasFixtureFields } from './fixture-fields.js'
import { memorySource } from './memory-source.js'

const folder = join(import.meta.dirname, 'fixtures')
const files = readdirSync(folder).filter(
  (name) => /^\w+\.[\w-]+\.(parquet|arrow|feather)$/.test(name) && hasFixtureFields(name),
)
const timesPerFile = Number(process.env.MILLRACE_MUTATIONS ?? 40)

describe('a file of which bytes were changed', () => {
  it.each(files)('%s is read or refused, whatever they become', async (name) => {
    const whole = readFileSync(join(folder, name))
    const random = randomOf(name.length)
    const told = new Set<string>()
    for (let time = 0; time < timesPerFile; time++) {
      const source = memorySource(name, mutated(whole, random))
      const thrown = await rowsOfSource(source, fieldsOfFixture(name), {
        onReject: () => {},
      }).then(
        () => null,
        (error: unknown) => error,
      )
      if (thrown !== null && !(thrown instanceof MillraceError)) told.add(String(thrown))
    }
    expect([...told]).toEqual([])
  })
})

/** Some bytes changed, or the end cut off; more often near the end, where the footers are. */
function mutated(whole: Uint8Array, random: (end: number) => number): Uint8Array {
  if (random(10) === 0) return whole.slice(0, random(whole.length))
  const bytes = Uint8Array.from(whole)
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at =
      random(2) === 0
        ? random(bytes.length)
        : bytes.length - 1 - random(Math.min(bytes.length, 2000))
    bytes[at] = random(3) === 0 ? 0xff : random(256)
  }
  return bytes
}

/** Numbers below an end, the same ones in every run. */
function randomOf(seed: number): (end: number) => number {
  let state = seed + 0x9e3779b9
  return (end) => {
    state = Math.imul(state ^ (state >>> 16), 0x85ebca6b) + 0x6d2b79f5
    return ((state ^ (state >>> 13)) >>> 0) % end
  }
}
