// Compiles the grammar of filter expressions. The parser goes into dist/ as it is; tsc sees only its
// declaration, which lies where the sources import it from.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import peggy from 'peggy'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const grammarPath = 'src/expr/grammar.peggy'

const declaration = `import type { ExprNode } from '../ast.js'

export interface Expectation {
  readonly type: string
  readonly description?: string
  readonly text?: string
}

export class SyntaxError extends Error {
  readonly expected: readonly Expectation[] | null
  readonly found: string | null
  readonly location: { readonly start: { readonly line: number; readonly column: number } }
}

export function parse(text: string): ExprNode
`

const parser = peggy.generate(readFileSync(resolve(root, grammarPath), 'utf8'), {
  grammarSource: grammarPath,
  output: 'source',
  format: 'es',
})

function write(path, text) {
  mkdirSync(dirname(resolve(root, path)), { recursive: true })
  writeFileSync(resolve(root, path), text)
}

write('src/expr/generated/parser.d.ts', declaration)
write('dist/expr/generated/parser.js', parser)
