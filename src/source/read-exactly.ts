import { RemoteFailure } from './remote-failure.js'
import type { StallTimer } from './stall-timer.js'

/**
 * The whole of an answer's body, which has to have `length` bytes.
 * @throws RemoteFailure where there are more or fewer
 */
export async function readExactly(
  body: AsyncIterable<Uint8Array>,
  length: number,
  stall: StallTimer,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  for await (const piece of body) {
    stall.touch()
    if (filled + piece.byteLength > length) {
      throw new RemoteFailure('refused', `expected ${length} bytes, got more`)
    }
    bytes.set(piece, filled)
    filled += piece.byteLength
  }
  if (filled === length) return bytes
  throw new RemoteFailure(
    'transient',
    `the connection ended early: expected ${length} bytes, got ${filled}`,
  )
}
