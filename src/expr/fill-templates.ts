import type { Expr, ExprNode } from './ast.js'
import { type FilterValues, nodeOfValue } from './filter-values.js'

/** The expression with its template variables replaced; those without a value stay, for binding to refuse. */
export function fillTemplates({ text, root }: Expr, values: FilterValues): Expr {
  return values.size === 0 ? { text, root } : { text, root: filled(root, values) }
}

function filled(node: ExprNode, values: FilterValues): ExprNode {
  const fill = (child: ExprNode) => filled(child, values)
  switch (node.kind) {
    case 'template': {
      const value = values.get(node.name)
      return value === undefined ? node : nodeOfValue(value)
    }
    case 'list':
      return { ...node, items: node.items.map(fill) }
    case 'call':
      return { ...node, args: node.args.map(fill) }
    case 'and':
    case 'or':
      return { ...node, operands: node.operands.map(fill) }
    case 'arithmetic':
    case 'comparison':
      return { ...node, left: fill(node.left), right: fill(node.right) }
    case 'in':
      return { ...node, operand: fill(node.operand), list: fill(node.list) }
    case 'like':
    case 'regex':
      return { ...node, operand: fill(node.operand), pattern: fill(node.pattern) }
    case 'sign':
    case 'not':
    case 'isNull':
    case 'exists':
      return { ...node, operand: fill(node.operand) }
    default:
      return node
  }
}
