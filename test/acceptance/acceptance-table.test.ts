import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** As counted in Milvus's own suites. */
const caseCount = 122

interface Case {
  readonly number: number
  readonly tests: readonly { readonly file: string; readonly name: string }[]
  /** Why there is no test. */
  readonly reason: string
}

const cases = casesFrom(readFileSync('test/acceptance/README.md', 'utf8'))

function casesFrom(text: string): Case[] {
  return [...text.matchAll(/^\| (\d+) \| .+? \| (.+) \|$/gm)].map(([, number, where]) => {
    const found = [...where.matchAll(/`([^`]+)` "([^"]+)"/g)]
    const tests = found.map(([, file, name]) => ({ file, name }))
    return { number: Number(number), tests, reason: tests.length === 0 ? where : '' }
  })
}

/** Whether a test's name begins so, whatever follows in it. */
function hasTest(file: string, name: string): boolean {
  return readFileSync(file, 'utf8').includes(`'${name}`)
}

describe('the table of acceptance cases', () => {
  it('has every case once, in their order', () => {
    const numbers = Array.from({ length: caseCount }, (_, index) => index + 1)
    expect(cases.map(({ number }) => number)).toEqual(numbers)
  })

  it('names tests that are there', () => {
    const missing = cases.flatMap(({ number, tests }) =>
      tests.filter(({ file, name }) => !hasTest(file, name)).map(({ name }) => [number, name]),
    )
    expect(missing).toEqual([])
  })

  it('says in a sentence why a case has no test', () => {
    const silent = cases.filter(
      ({ tests, reason }) => tests.length === 0 && !/^[A-Z].*\.$/.test(reason),
    )
    expect(silent).toEqual([])
  })

  it('has every test that is named for a case', () => {
    const files = readdirSync('test/acceptance').filter((name) => name.endsWith('.test.ts'))
    const paths = [
      ...files.map((name) => `test/acceptance/${name}`),
      'test/interop/acceptance.test.ts',
    ]
    const unlisted = paths.flatMap((path) => {
      const named = [...readFileSync(path, 'utf8').matchAll(/'case (\d+) /g)]
      return named
        .map(([, number]) => Number(number))
        .filter((number) => !cases[number - 1].tests.some(({ file }) => file === path))
        .map((number) => `${path}: case ${number}`)
    })
    expect(unlisted).toEqual([])
  })
})
