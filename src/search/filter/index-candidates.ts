import { intersectInto, uniteInto } from '../../column/bitmap.js'
import type { BoundExpr } from '../../expr/bound-expr.js'
import type { ColumnTest } from '../../expr/column-test.js'
import { literalsOf } from '../../expr/like-pattern.js'
import { rowsWithLiterals } from '../../indexes/scalar/find-grams.js'
import { indexAnswerOf } from './index-answer.js'
import { gramIndexOf, type ScalarIndex } from './scalar-index.js'

/** Rows of which a condition may be true: of no other it is. */
interface Candidates {
  /** About how many nanoseconds it takes. */
  readonly cost: number
  /** @returns a bit for each of them */
  rows(): Uint8Array
}

/** Null where the indexes leave out none. */
export function candidatesOf(
  bound: BoundExpr,
  indexes: readonly ScalarIndex[],
  rowCount: number,
): Candidates | null {
  const answer = indexAnswerOf(bound, indexes, rowCount)
  if (answer) return { cost: answer.cost, rows: () => answer.truth().truth }
  switch (bound.kind) {
    case 'and': {
      const some = bound.operands.flatMap(
        (operand) => candidatesOf(operand, indexes, rowCount) ?? [],
      )
      return some.length === 0 ? null : joined(some, intersectInto)
    }
    case 'or': {
      const all = bound.operands.flatMap(
        (operand) => candidatesOf(operand, indexes, rowCount) ?? [],
      )
      return all.length < bound.operands.length ? null : joined(all, uniteInto)
    }
    case 'test': {
      const index = gramIndexOf(bound.value, indexes)
      const literals = index && literalsIn(bound.test)
      return literals && rowsWithLiterals(index, literals)
    }
    default:
      return null
  }
}

/** The parts that a text must have to pass. */
function literalsIn(test: ColumnTest): readonly Uint8Array[] | null {
  if (test.kind === 'like') return literalsOf(test.pattern)
  if (test.kind === 'regex') return test.literals
  return test.kind === 'text' && test.op === '==' ? [test.bytes] : null
}

function joined(
  parts: readonly Candidates[],
  join: (target: Uint8Array, other: Uint8Array) => void,
): Candidates {
  return {
    cost: parts.reduce((sum, { cost }) => sum + cost, 0),
    rows() {
      const [first, ...others] = parts.map((part) => part.rows())
      for (const other of others) join(first, other)
      return first
    },
  }
}
