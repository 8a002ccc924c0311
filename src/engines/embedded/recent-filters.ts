import type { BoundExpr } from '../../expr/bound-expr.js'
import { Recent } from '../../util/recent.js'

interface KnownFilter {
  readonly bound: BoundExpr
  /** Of its text. */
  readonly length: number
}

/**
 * A filter as it was read lately, or read now.
 * @param owner what the filter's meaning hangs on: another state of it must be another object
 */
export function recentFilter(owner: object, filter: string, read: () => BoundExpr): BoundExpr {
  const known = filtersOf(owner)
  const found = known.get(filter)
  if (found) return found.bound
  const bound = read()
  known.set(filter, { bound, length: filter.length })
  return bound
}

function filtersOf(owner: object): Recent<string, KnownFilter> {
  const known = filters.get(owner)
  if (known) return known
  const weightOf = ({ length }: KnownFilter) => length + charactersMin
  const fresh = new Recent<string, KnownFilter>(charactersMax, weightOf)
  filters.set(owner, fresh)
  return fresh
}

const filters = new WeakMap<object, Recent<string, KnownFilter>>()
/** Of all filters of an owner. */
const charactersMax = 256 * 1024
/** What each counts beside its text. */
const charactersMin = 1024
