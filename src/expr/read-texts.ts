import type { BoundExpr, JsonValue } from './bound-expr.js'

/**
 * The expression with texts that hold a number as that number, where it compares what lies at some paths
 * with numbers.
 */
export function readTexts(bound: BoundExpr, isRead: (value: JsonValue) => boolean): BoundExpr {
  switch (bound.kind) {
    case 'and':
    case 'or':
      return { ...bound, operands: bound.operands.map((operand) => readTexts(operand, isRead)) }
    case 'not':
      return { ...bound, operand: readTexts(bound.operand, isRead) }
    case 'jsonNumber':
      return isRead(bound.value) ? { ...bound, readsTexts: true } : bound
    default:
      return bound
  }
}
