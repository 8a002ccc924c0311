/**
 * Holds the codebase to its own rules. The ranks are the architecture: a folder imports only folders of
 * lower rank. They are changed here, on purpose, when the design changes.
 */
import { describe, expect, it } from 'vitest'
import { importCycles } from './tidy/import-cycles.js'
import { type SourceFile, sourceFilesIn } from './tidy/source-file.js'

const ranks: Record<string, number> = {
  errors: 0,
  util: 0,
  config: 1,
  schema: 1,
  workers: 1,
  kernels: 2,
  geometry: 2,
  column: 2,
  source: 2,
  formats: 3,
  expr: 3,
  segment: 3,
  indexes: 3,
  wire: 3,
  storage: 4,
  search: 4,
  bulk: 5,
  engines: 6,
  server: 7,
  client: 7,
  cli: 8,
  index: 9,
}

/** The client is small enough for a browser's build one day: it takes nothing of the engine. */
const roomsOfClient = ['client', 'wire', 'schema', 'errors', 'util', 'column']

/** What users import, and what they start. */
const entries = ['src/index.ts', 'src/client/index.ts', 'src/formats/index.ts', 'src/cli/main.ts']

const sources = sourceFilesIn('src')
const tests = sourceFilesIn('test')

describe('the rooms', () => {
  it('have a rank each', () => {
    const unranked = sources.filter(
      ({ path }) => !path.endsWith('.d.ts') && !(roomOf(path) in ranks),
    )
    expect(unranked.map(({ path }) => path)).toEqual([])
  })

  it('import only rooms of lower rank', () => {
    expect(importsWhere((from, to) => from !== to && ranks[to]! >= ranks[from]!)).toEqual([])
  })

  it('leave the client apart from the engine', () => {
    const isForeign = (from: string, to: string) => from === 'client' && !roomsOfClient.includes(to)
    expect(importsWhere(isForeign)).toEqual([])
  })

  it('have no import cycles between files', () => {
    expect(importCycles(sources)).toEqual([])
  })
})

describe('the code', () => {
  it('exports nothing that no other file of src uses', () => {
    expect(sources.flatMap(deadExports)).toEqual([])
  })

  it('has no default exports', () => {
    const isDefault = ({ name }: { name: string }) => name === 'default'
    const found = [...sources, ...tests].flatMap(({ path, exports }) =>
      exports.filter(isDefault).map(({ line }) => `${path}:${line}`),
    )
    expect(found).toEqual([])
  })

  it('prints to the console in the command line only', () => {
    const quiet = sources.filter(({ path }) => roomOf(path) !== 'cli')
    expect(linesWith(/\bconsole\.(log|info|debug)\(/, quiet)).toEqual([])
  })

  it('has no notes of work that is left', () => {
    expect(linesWith(/\b(TO[D]O|FIX[M]E|XX[X])\b/, [...sources, ...tests])).toEqual([])
  })
})

describe('the tests', () => {
  it('are not focused on one', () => {
    expect(linesWith(/\b(it|test|describe)(\.\w+)*\.only\b/, tests)).toEqual([])
  })

  it('are skipped under a condition only, which is the platform or stands in their name', () => {
    expect(linesWith(/\b(it|test|describe)(\.\w+)*\.(skip|todo)\b/, tests)).toEqual([])
    expect(linesWith(/\bskip\(\s*\)/, tests)).toEqual([])
    const conditional = linesWith(/\b(it|test|describe)(\.\w+)*\.(skipIf|runIf)\(/, tests)
    expect(conditional.filter((line) => !/\bneeds\b|isPosix|platform/.test(line))).toEqual([])
  })
})

/** The folder or file directly under src that a path belongs to. */
function roomOf(path: string): string {
  return path.split('/')[1]!.replace(/\.ts$/, '')
}

function importsWhere(isWrong: (fromRoom: string, toRoom: string) => boolean): string[] {
  return sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ from }) => isWrong(roomOf(path), roomOf(from)))
      .map(({ from, line }) => `${path}:${line} imports ${from}`),
  )
}

function deadExports({ path, exports }: SourceFile): string[] {
  if (entries.includes(path)) return []
  return exports
    .filter(({ name }) => !(name === 'run' && isWorkerModule(path)) && !isUsed(path, name))
    .map(({ name, line }) => `${path}:${line} exports ${name}`)
}

function isWorkerModule(path: string): boolean {
  return sources.some(({ workerModules }) => workerModules.includes(path))
}

function isUsed(path: string, name: string): boolean {
  return sources.some(({ imports }) =>
    imports.some((taken) => taken.from === path && (taken.name === name || taken.name === '*')),
  )
}

function linesWith(pattern: RegExp, files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, lineIndex) =>
      pattern.test(line) ? [`${path}:${lineIndex + 1} ${line.trim()}`] : [],
    ),
  )
}
