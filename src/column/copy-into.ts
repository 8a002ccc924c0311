import { giveWay } from '../workers/give-way.js'
import type { FixedValues } from './column.js'

/** As `target.set(values, at)` for arrays of one type, however long, giving way between pieces. */
export function copyInto(target: FixedValues, values: FixedValues, at: number): void {
  const pieceLength = pieceBytes / values.BYTES_PER_ELEMENT
  for (let begin = 0; begin < values.length; begin += pieceLength) {
    target.set(values.subarray(begin, begin + pieceLength) as never, at + begin)
    giveWay()
  }
}

/** A fraction of a millisecond. */
const pieceBytes = 1024 ** 2
