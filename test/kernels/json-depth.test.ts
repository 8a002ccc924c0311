import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonDepth } from '../../dist/kernels/json-depth.js'

/** The plain twin. */
function depthOf(bytes: Uint8Array, floor: number): { at: number; depth: number } {
  let depth = 0
  let isInString = false
  for (let at = 0; at < bytes.length; at++) {
    const character = String.fromCharCode(bytes[at])
    if (character === '\\') at++
    else if (character === '"') isInString = !isInString
    else if (!isInString && '[{'.includes(character)) depth++
    else if (!isInString && ']}'.includes(character) && --depth < floor) return { at, depth }
  }
  return { at: -1, depth }
}

describe('the depth of a JSON text', () => {
  it('is what its brackets outside of strings make, however the text is cut', () => {
    const follower = new JsonDepth()
    const unit = fc.constantFrom('[', ']', '{', '}', '"', '\\', 'a', ' ', ';', '\u00fb', '0,0,0,0')
    fc.assert(
      fc.property(
        fc.array(unit, { maxLength: 90 }),
        fc.integer({ min: -4, max: 0 }),
        fc.integer({ min: 1, max: 6 }),
        (units, floor, blocks) => {
          const bytes = Buffer.from(units.join(''), 'latin1')
          follower.start()
          let found = -1
          for (let begin = 0; begin < bytes.length && found < 0; begin += blocks * 16) {
            const part = bytes.subarray(begin, begin + blocks * 16)
            follower.chunk.set(part, 32)
            const at = follower.follow(32, 32 + part.length, floor)
            if (at >= 0) found = begin + at - 32
          }
          expect({ at: found, depth: follower.depth }).toEqual(depthOf(bytes, floor))
        },
      ),
      { numRuns: 3000, seed: 5 },
    )
  })
})
