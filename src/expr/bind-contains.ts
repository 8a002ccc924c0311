import type { ExprNode, Literal } from './ast.js'
import { bindConstants, bindJsonScalar, columnSetTest } from './bind-comparison.js'
import { type Binding, bindList } from './bind-value.js'
import type { BoundExpr, ElementValue, FieldValue, JsonValue } from './bound-expr.js'
import { exprError, unsupportedError } from './expr-error.js'
import { constantOf } from './fold-constant.js'

/** Whether `name` is one of `json_contains`, `array_contains` and their `_all` and `_any`. */
export function isContains(name: string): boolean {
  return /^(json|array)_contains(_all|_any)?$/.test(name)
}

export function bindContains(name: string, args: readonly ExprNode[], binding: Binding): BoundExpr {
  const list = bindList(name, args, 2, binding)
  const needsAll = name.endsWith('_all')
  if (list.kind === 'json')
    return jsonContains(list, wantedNodes(name, args[1], binding), needsAll, binding)
  return arrayContains(list, wantedConstants(name, args[1], binding), needsAll, binding.text)
}

function wantedNodes(name: string, arg: ExprNode, { text }: Binding): readonly ExprNode[] {
  if (!/_(all|any)$/.test(name)) return [arg]
  if (arg.kind === 'list') return arg.items
  throw exprError(text, `${name} expects a list`)
}

function wantedConstants(name: string, arg: ExprNode, binding: Binding): readonly Literal[] {
  if (/_(all|any)$/.test(name)) return bindConstants(arg, binding)
  if (arg.kind === 'list') throw unsupportedError(binding.text, `${name} of a list`)
  const constant = constantOf(arg, binding.text)
  return constant === undefined
    ? bindConstants({ kind: 'list', items: [arg] }, binding)
    : [constant]
}

function jsonContains(
  list: JsonValue,
  wanted: readonly ExprNode[],
  needsAll: boolean,
  binding: Binding,
): BoundExpr {
  const values = new Set(wanted.map((node) => bindJsonScalar(node, binding)))
  return { kind: 'jsonContains', list, wanted: values, neededCount: needsAll ? values.size : 1 }
}

function arrayContains(
  list: FieldValue,
  wanted: readonly Literal[],
  needsAll: boolean,
  text: string,
): BoundExpr {
  const { field } = list
  const element: ElementValue = { kind: 'element', field, index: 0, dataType: field.elementType }
  const groups = needsAll ? wanted.map((constant) => [constant]) : [wanted]
  const tests = groups.map((group) => columnSetTest(element, group, text))
  return { kind: 'contains', list, tests }
}
