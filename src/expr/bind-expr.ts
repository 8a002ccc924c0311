import type { CollectionSchema } from '../schema/collection-schema.js'
import type { Expr, ExprNode, PathNode } from './ast.js'
import { bindComparison, bindFlag, bindIn, bindLike } from './bind-comparison.js'
import { bindContains, isContains } from './bind-contains.js'
import { bindElements, isElements } from './bind-elements.js'
import { bindRegex } from './bind-regex.js'
import { bindSpatial, isSpatial } from './bind-spatial.js'
import { type Binding, bindPath, bindValue, valueText } from './bind-value.js'
import type { BoundExpr } from './bound-expr.js'
import { rangeIntersection } from './column-test.js'
import { exprError, unsupportedError } from './expr-error.js'
import { literalText } from './fold-constant.js'

/**
 * Resolves an expression's names in a schema, checks its types and gives its constants the form that
 * columns have. Throws `parameterInvalid` where it makes no sense, `unsupported` where it is not served.
 */
export function bindExpr(expr: Expr, schema: CollectionSchema): BoundExpr {
  return bindCondition(expr.root, { schema, text: expr.text })
}

function bindCondition(node: ExprNode, binding: Binding): BoundExpr {
  switch (node.kind) {
    case 'literal':
      if (typeof node.value === 'boolean') return { kind: 'constant', truth: node.value }
      throw exprError(
        binding.text,
        `predicate is not a boolean expression: ${literalText(node.value)}`,
      )
    case 'and':
      return bindAnd(node.operands, binding)
    case 'or':
      return bindOr(node.operands, binding)
    case 'not':
      return negation(bindCondition(node.operand, binding))
    case 'comparison':
      return bindComparison(node, binding)
    case 'in':
      return bindIn(node.operand, node.list, binding)
    case 'like':
      return bindLike(node.operand, node.pattern, binding)
    case 'regex':
      return bindRegex(node.operand, node.pattern, binding)
    case 'isNull':
      return bindIsNull(node.operand, binding)
    case 'exists':
      return bindExists(node.operand, binding)
    case 'call':
      if (isElements(node.name)) return bindElements(node, binding, bindCondition)
      if (isContains(node.name)) return bindContains(node.name, node.args, binding)
      if (isSpatial(node.name)) return bindSpatial(node, binding)
      return bindFlag(bindValue(node, binding), binding.text)
    default:
      return bindFlag(bindValue(node, binding), binding.text)
  }
}

function bindAnd(nodes: readonly ExprNode[], binding: Binding): BoundExpr {
  const bound = nodes.map((node) => bindCondition(node, binding))
  if (bound.some((operand) => operand.kind === 'constant' && !operand.truth)) {
    return { kind: 'constant', truth: false }
  }
  const operands = joinRanges(bound.filter((operand) => operand.kind !== 'constant'))
  if (operands.length === 0) return { kind: 'constant', truth: true }
  return operands.length === 1 ? operands[0] : { kind: 'and', operands }
}

function bindOr(nodes: readonly ExprNode[], binding: Binding): BoundExpr {
  const bound = nodes.map((node) => bindCondition(node, binding))
  if (bound.some((operand) => operand.kind === 'constant' && operand.truth)) {
    return { kind: 'constant', truth: true }
  }
  const operands = bound.filter((operand) => operand.kind !== 'constant')
  if (operands.length === 0) return { kind: 'constant', truth: false }
  return operands.length === 1 ? operands[0] : { kind: 'or', operands }
}

/** `1 < x and x <= 5` reads the column once. */
function joinRanges(operands: readonly BoundExpr[]): readonly BoundExpr[] {
  const joined: BoundExpr[] = []
  for (const operand of operands) {
    const last = joined.at(-1)
    const both = last === undefined ? null : joinedRange(last, operand)
    if (both === null) joined.push(operand)
    else joined[joined.length - 1] = both
  }
  return joined
}

function joinedRange(left: BoundExpr, right: BoundExpr): BoundExpr | null {
  if (left.kind !== 'test' || right.kind !== 'test') return null
  if (left.value.kind !== 'field' || right.value.kind !== 'field') return null
  if (left.value.field !== right.value.field) return null
  const test = rangeIntersection(left.test, right.test)
  return test === null ? null : { kind: 'test', value: left.value, test }
}

function negation(operand: BoundExpr): BoundExpr {
  if (operand.kind === 'constant') return { kind: 'constant', truth: !operand.truth }
  return operand.kind === 'not' ? operand.operand : { kind: 'not', operand }
}

function bindIsNull(node: ExprNode, binding: Binding): BoundExpr {
  if (node.kind !== 'path') throw unsupportedError(binding.text, 'is null of anything but a field')
  const value = bindPath(structPath(node, binding), binding)
  if (value.kind === 'element') throw unsupportedError(binding.text, 'is null of an element')
  const hasPath = value.kind === 'json' && value.path.length > 0
  if (value.field.nullable || hasPath) return { kind: 'isNull', value }
  return { kind: 'constant', truth: false }
}

/** A struct array is null where its sub-fields are. */
function structPath(node: PathNode, { schema }: Binding): PathNode {
  const subField = schema.fields.find(({ struct }) => struct?.name === node.name)
  return subField === undefined ? node : { ...node, name: subField.name }
}

function bindExists(node: ExprNode, binding: Binding): BoundExpr {
  if (node.kind !== 'path') throw exprError(binding.text, 'exists needs a JSON field')
  const value = bindPath(node, binding)
  if (value.kind === 'json') return { kind: 'exists', value }
  throw exprError(binding.text, `exists needs a JSON field, got ${valueText(value)}`)
}
