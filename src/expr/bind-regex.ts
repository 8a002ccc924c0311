import { DataType } from '../schema/data-type.js'
import type { ExprNode } from './ast.js'
import { type Binding, bindValue, classOf } from './bind-value.js'
import type { BoundExpr } from './bound-expr.js'
import type { RegexTest } from './column-test.js'
import { exprError } from './expr-error.js'
import { constantOf } from './fold-constant.js'
import { regexTest } from './regex.js'

/** `value =~ "pattern"`, with Milvus's texts where it makes no sense. */
export function bindRegex(operand: ExprNode, pattern: ExprNode, binding: Binding): BoundExpr {
  const value = bindValue(operand, binding)
  if (value.kind === 'field' && value.dataType === DataType.Array) {
    throw exprError(binding.text, 'can not comparisons array fields directly')
  }
  if (value.kind !== 'json' && classOf(value) !== 'text') {
    throw exprError(binding.text, 'regex match on non-string or non-json field is unsupported')
  }
  const test = bindPattern(pattern, binding)
  if (value.kind !== 'json') return { kind: 'test', value, test }
  return { kind: 'test', value: { ...value, dataType: DataType.VarChar }, test }
}

function bindPattern(node: ExprNode, binding: Binding): RegexTest {
  if (node.kind === 'template') bindValue(node, binding)
  const pattern = constantOf(node, binding.text)
  if (typeof pattern !== 'string') {
    throw exprError(
      binding.text,
      'the regex pattern should be a string literal or template variable',
    )
  }
  try {
    return regexTest(pattern)
  } catch (error) {
    const reason = (error as Error).message.replace('`(?s)', '`')
    throw exprError(binding.text, `invalid regex pattern ${JSON.stringify(pattern)}: ${reason}`)
  }
}
