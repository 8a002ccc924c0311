import { describe, expect, it } from 'vitest'
import { frameOf, frameTypes } from '../../dist/server/http2/frame.js'
import { FrameReader } from '../../dist/server/http2/frame-reader.js'
import { randomFrom } from '../indexes/vectors.js'

const payloads = [0, 1, 9, 16_384, 3000, 16_384, 5].map((length, index) =>
  // Where a head would say that a frame is too long.
  Buffer.alloc(length, 0xf0 + index),
)
const sent = Buffer.concat(
  payloads.map((payload, index) => frameOf(frameTypes.data, 0, 2 * index + 1, payload)),
)

function framesOf(pieces: readonly Buffer[]) {
  const frames: { streamId: number; text: string }[] = []
  const reader = new FrameReader(({ streamId, payload }) => {
    frames.push({ streamId, text: payload.toString('latin1') })
  })
  for (const piece of pieces) reader.push(piece)
  return frames
}

function piecesOf(lengthOf: () => number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < sent.length; at += pieces.at(-1)!.length) {
    pieces.push(sent.subarray(at, at + lengthOf()))
  }
  return pieces
}

const expected = payloads.map((payload, index) => ({
  streamId: 2 * index + 1,
  text: payload.toString('latin1'),
}))

describe('frames', () => {
  for (const length of [1, 8, 9, 10, 1448, 4096, 16_383, 16_393, 65_536]) {
    it(`are whole when they come in pieces of ${length} bytes`, () => {
      expect(framesOf(piecesOf(() => length))).toEqual(expected)
    })
  }

  it('are whole when they come in pieces of any length', () => {
    const random = randomFrom(7)
    for (let round = 0; round < 200; round++) {
      expect(framesOf(piecesOf(() => 1 + Math.floor(random() * 6000)))).toEqual(expected)
    }
  })
})
