import { expect, it } from 'vitest'
import { importCycles } from './import-cycles.js'
import { parseSourceFile } from './source-file.js'

const source = (path: string, ...lines: string[]) => parseSourceFile(path, lines.join('\n'))

it('finds a circle of imports through re-exports and types', () => {
  const files = [
    source('src/a/one.ts', "export { two } from '../b/two.js'", 'export const own = 1'),
    source('src/b/two.ts', "import type { Three } from './three.js'", 'export const two = 2'),
    source('src/b/three.ts', "import { own } from '../a/one.js'", 'export type Three = typeof own'),
  ]
  expect(importCycles(files)).toEqual([
    'src/a/one.ts → src/b/two.ts → src/b/three.ts → src/a/one.ts',
  ])
  expect(importCycles(files.slice(0, 2))).toEqual([])
})

it('sees static, dynamic and re-exported names with their lines', () => {
  const file = source(
    'src/a/one.ts',
    "import fs from 'node:fs'",
    "import { a as b, type C } from './two.js'",
    "export * from '../b/all.js'",
    "const lazy = await import('./lazy.js')",
    "const module = new URL('./worker.js', import.meta.url)",
  )
  expect(file.imports).toEqual([
    { from: 'src/a/two.ts', name: 'a', line: 2 },
    { from: 'src/a/two.ts', name: 'C', line: 2 },
    { from: 'src/b/all.ts', name: '*', line: 3 },
    { from: 'src/a/lazy.ts', name: '*', line: 4 },
  ])
  expect(file.workerModules).toEqual(['src/a/worker.ts'])
})

it('sees every exported name', () => {
  const file = source(
    'src/a/one.ts',
    'export const first = 1, second = 2',
    'export interface Third { x: number }',
    'export default class Fourth {}',
  )
  expect(file.exports).toEqual([
    { name: 'first', line: 1 },
    { name: 'second', line: 1 },
    { name: 'Third', line: 2 },
    { name: 'default', line: 3 },
  ])
})
