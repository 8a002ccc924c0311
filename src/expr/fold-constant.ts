import { doubleResult, int64Result, isBitOperator } from './arithmetic.js'
import type { ArithmeticNode, ExprNode, Literal } from './ast.js'
import { int64Max, int64Min } from './column-test.js'
import { exprError } from './expr-error.js'

/** The constant that a node comes to, or undefined where a row decides. */
export function constantOf(node: ExprNode, text: string): Literal | undefined {
  const constant = unboundedConstant(node, text)
  if (typeof constant === 'bigint' && (constant < int64Min || constant > int64Max)) {
    throw exprError(text, `${constant} is out of the range of int64`)
  }
  return constant
}

/** The sign of -9223372036854775808 comes after its digits are read. */
function unboundedConstant(node: ExprNode, text: string): Literal | undefined {
  switch (node.kind) {
    case 'literal':
      return node.value
    case 'sign': {
      const operand = unboundedConstant(node.operand, text)
      if (operand === undefined) return undefined
      return node.op === '-' ? -numberOf(operand, text) : numberOf(operand, text)
    }
    case 'arithmetic':
      return arithmeticConstant(node, text)
    default:
      return undefined
  }
}

function arithmeticConstant({ op, left, right }: ArithmeticNode, text: string) {
  const leftConstant = constantOf(left, text)
  const rightConstant = constantOf(right, text)
  if (leftConstant === undefined || rightConstant === undefined) return undefined
  const leftNumber = numberOf(leftConstant, text)
  const rightNumber = numberOf(rightConstant, text)
  // Milvus: a power is a float, of integers too.
  if (op === '**') return Number(leftNumber) ** Number(rightNumber)
  if ((op === '/' || op === '%') && Number(rightNumber) === 0) {
    throw exprError(text, 'division by zero')
  }
  if (typeof leftNumber === 'number' || typeof rightNumber === 'number') {
    if (isBitOperator(op)) throw exprError(text, `${op} needs integers`)
    return doubleResult(op, Number(leftNumber), Number(rightNumber))
  }
  const result = int64Result(op, leftNumber, rightNumber)
  if (result === null) throw exprError(text, `${leftNumber} ${op} ${rightNumber} overflows int64`)
  return result
}

function numberOf(constant: Literal, text: string): number | bigint {
  if (typeof constant === 'number' || typeof constant === 'bigint') return constant
  throw exprError(text, `arithmetic on ${literalText(constant)}, which is no number`)
}

export function literalText(literal: Literal): string {
  return typeof literal === 'string' ? JSON.stringify(literal) : String(literal)
}
