import type { ExprNode, Literal } from './ast.js'

/** What the template variables of an expression stand for, by their names. */
export type FilterValues = ReadonlyMap<string, FilterValue>

type FilterValue = Literal | readonly FilterValue[]

/** A value as the node that the grammar would have made of it. */
export function nodeOfValue(value: FilterValue): ExprNode {
  if (typeof value !== 'object') return { kind: 'literal', value }
  return { kind: 'list', items: value.map(nodeOfValue) }
}
