import { elementFieldOf, shortNameOf } from '../schema/struct-array.js'
import type { CallNode, ExprNode } from './ast.js'
import type { Binding } from './bind-value.js'
import { type BoundExpr, type ElementsExpr, fieldsOf } from './bound-expr.js'
import { exprError } from './expr-error.js'

/** How many elements of a row must pass, by the name of the call. */
const quantifiers: Readonly<Record<string, ElementsExpr['quantifier']>> = {
  element_filter: 'least',
  match_any: 'least',
  match_all: 'all',
  match_least: 'least',
  match_most: 'most',
  match_exact: 'exact',
}

/** Whether `name` is element_filter, MATCH_ANY or one of their kin. */
export function isElements(name: string): boolean {
  return quantifiers[name] !== undefined
}

/**
 * A condition on the elements of a struct array, whose sub-fields it calls `$[sub]`.
 * @param bindCondition binds it, by the sub-fields as fields
 */
export function bindElements(
  { name, args, threshold }: CallNode,
  binding: Binding,
  bindCondition: (node: ExprNode, binding: Binding) => BoundExpr,
): BoundExpr {
  const [path, conditionNode, ...others] = args
  const { schema, text } = binding
  if (path?.kind !== 'path' || !conditionNode || others.length > 0) {
    throw exprError(text, `${name} expects a struct array field and a condition on its elements`)
  }
  const subFields = schema.fields.filter(({ struct }) => struct?.name === path.name)
  if (subFields.length === 0 || path.steps.length > 0) {
    throw exprError(text, `${name}: ${path.name} is not a struct array field`)
  }
  const fields = subFields.map((field) => ({
    ...elementFieldOf(field),
    name: `$[${shortNameOf(field)}]`,
  }))
  const elementSchema = { ...schema, fields, enableDynamicField: false }
  const condition = bindCondition(conditionNode, { schema: elementSchema, text })
  const usedIds = new Set(fieldsOf(condition).map(({ fieldId }) => fieldId))
  const used = subFields.filter(({ fieldId }) => usedIds.has(fieldId))
  return {
    kind: 'elements',
    lists: used.length > 0 ? used : [subFields[0]],
    condition,
    quantifier: quantifiers[name]!,
    count: countOf(name, threshold, text),
    isFilter: name === 'element_filter',
  }
}

function countOf(name: string, threshold: bigint | null, text: string): number {
  const isCounted = /_(least|most|exact)$/.test(name)
  if (isCounted !== (threshold !== null)) {
    const expected = isCounted ? 'threshold=N' : 'no threshold'
    throw exprError(text, `${name} expects ${expected} behind the condition`)
  }
  const count = Number(threshold ?? 1n)
  if (name !== 'match_least' || count > 0) return count
  throw exprError(text, `count in MATCH_LEAST must be positive, got threshold=${count}`)
}
