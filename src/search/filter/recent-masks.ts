import type { BoundExpr } from '../../expr/bound-expr.js'
import { Recent } from '../../util/recent.js'
import type { SegmentView } from '../segment-view.js'

/** What a filter leaves of a sealed segment, and of which state of it. */
interface KnownMask {
  readonly rowCount: number
  /** Deletes make another one, so that it tells whether any came since. */
  readonly alive: Uint8Array | null
  readonly mask: Uint8Array
}

/**
 * The bitmaps of filters that were asked for lately: the same filter is asked with one query vector after the
 * other. A sealed segment's rows never change but for deletes, and an expression is bound to a schema.
 */
export class RecentMasks {
  readonly #known = new Recent<string, KnownMask>(
    bytesMax,
    ({ mask }) => mask.byteLength + entryBytes,
  )

  get(view: SegmentView, expr: BoundExpr): Uint8Array | null {
    const known = this.#known.get(keyOf(view, expr))
    const isSame = known?.alive === view.alive && known.rowCount === view.rowCount
    return isSame ? known.mask : null
  }

  set({ segmentId, rowCount, alive }: SegmentView, expr: BoundExpr, mask: Uint8Array): void {
    this.#known.set(keyOf({ segmentId }, expr), { rowCount, alive, mask })
  }
}

const bytesMax = 64 * 1024 * 1024
const entryBytes = 256

/** Expressions are told apart by a number that each gets when it is first seen. */
function keyOf({ segmentId }: Pick<SegmentView, 'segmentId'>, expr: BoundExpr): string {
  let number = numbers.get(expr)
  if (number === undefined) {
    number = nextNumber++
    numbers.set(expr, number)
  }
  return `${number} ${segmentId}`
}

const numbers = new WeakMap<BoundExpr, number>()
let nextNumber = 1
