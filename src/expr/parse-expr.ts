import type { Expr, ExprNode } from './ast.js'
import { exprError } from './expr-error.js'
import { type Expectation, SyntaxError as ParserError, parse } from './generated/parser.js'

/** The expression of a filter. An empty text means every row. */
export function parseExpr(text: string): Expr {
  if (text.trim() === '') return { text, root: { kind: 'literal', value: true } }
  return { text, root: parseRoot(text) }
}

function parseRoot(text: string): ExprNode {
  try {
    return parse(text)
  } catch (thrown) {
    if (thrown instanceof ParserError)
      throw exprError(text, `invalid expression: ${syntaxReason(thrown)}`)
    if (thrown instanceof RangeError) throw exprError(text, 'the expression is nested too deeply')
    throw thrown
  }
}

/** Lines count from 1 and columns from 0, as Milvus counts them. */
function syntaxReason({ message, expected, found, location }: ParserError): string {
  const place = `line ${location.start.line}:${location.start.column - 1}`
  if (expected === null) return `${place} ${message}`
  const foundText = found === null ? 'end of expression' : `"${found}"`
  return `${place} expected ${choiceText(expected)}, found ${foundText}`
}

function choiceText(expected: readonly Expectation[]): string {
  const words = [...new Set(expected.map(expectationText))]
    .filter((word) => word !== 'space')
    .sort()
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function expectationText({ type, description, text }: Expectation): string {
  if (type === 'end') return 'end of expression'
  return description ?? (text === undefined ? type : `"${text}"`)
}
