import { bitmapWithLength, clearTail, intersectInto } from '../column/bitmap.js'

/**
 * What is known of rows, in three values: `truth` has a bit where a row is true, `known` where it is true
 * or false; null: all are known. A true row is always a known one. Strong Kleene logic, as Milvus has it.
 */
export interface Truth {
  readonly truth: Uint8Array
  readonly known: Uint8Array | null
}

export function truthConstant(truth: boolean, rowCount: number): Truth {
  return { truth: bitmapWithLength(rowCount, truth), known: null }
}

/** Rows that passed a test, of which those that are not valid are unknown. */
export function truthOf(passed: Uint8Array, validity: Uint8Array | null): Truth {
  if (validity !== null) intersectInto(passed, validity)
  return { truth: passed, known: validity }
}

export function truthNot({ truth, known }: Truth, rowCount: number): Truth {
  const negated = new Uint8Array(truth.length)
  for (let at = 0; at < truth.length; at++) {
    negated[at] = ~truth[at] & (known === null ? 0xff : known[at])
  }
  clearTail(negated, rowCount)
  return { truth: negated, known }
}

/** False beats unknown. */
export function truthAnd(left: Truth, right: Truth): Truth {
  const truth = new Uint8Array(left.truth.length)
  const known = left.known === null && right.known === null ? null : new Uint8Array(truth.length)
  for (let at = 0; at < truth.length; at++) {
    truth[at] = left.truth[at] & right.truth[at]
    if (known === null) continue
    const leftKnown = left.known === null ? 0xff : left.known[at]
    const rightKnown = right.known === null ? 0xff : right.known[at]
    const isFalse = (leftKnown & ~left.truth[at]) | (rightKnown & ~right.truth[at])
    known[at] = truth[at] | isFalse
  }
  return { truth, known }
}

/** True beats unknown. */
export function truthOr(left: Truth, right: Truth): Truth {
  const truth = new Uint8Array(left.truth.length)
  const known = left.known === null && right.known === null ? null : new Uint8Array(truth.length)
  for (let at = 0; at < truth.length; at++) {
    truth[at] = left.truth[at] | right.truth[at]
    if (known === null) continue
    const leftKnown = left.known === null ? 0xff : left.known[at]
    const rightKnown = right.known === null ? 0xff : right.known[at]
    known[at] = truth[at] | (leftKnown & rightKnown)
  }
  return { truth, known }
}
