import { frameHeadBytes, framePayloadBytes } from './frame.js'

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  /** A view of what came. */
  readonly payload: Buffer
}

/** A frame that is longer than this side takes. */
export class FrameTooLong extends Error {}

/** Bytes as they come, cut into frames. Only a frame that comes in pieces is copied. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void
  /** The beginning of a frame that is not whole yet. */
  #rest: Buffer = Buffer.alloc(0)

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame
  }

  /** @throws FrameTooLong, and what `onFrame` throws */
  push(bytes: Buffer): void {
    let at = this.#rest.length > 0 ? this.#finishRest(bytes) : 0
    // What a frame still lacks is its own, whatever it looks like.
    while (this.#rest.length === 0) {
      const end = at + byteLengthAt(bytes, at)
      if (end > bytes.length) break
      this.#tell(bytes, at, end)
      at = end
    }
    if (at < bytes.length) this.#rest = Buffer.concat([this.#rest, bytes.subarray(at)])
  }

  /** @returns how many bytes were taken */
  #finishRest(bytes: Buffer): number {
    let taken = 0
    while (this.#rest.length > 0) {
      const wanted = byteLengthAt(this.#rest, 0) - this.#rest.length
      if (taken + wanted > bytes.length) return taken
      this.#rest = Buffer.concat([this.#rest, bytes.subarray(taken, taken + wanted)])
      taken += wanted
      const end = byteLengthAt(this.#rest, 0)
      if (end > this.#rest.length) continue
      const frame = this.#rest
      this.#rest = Buffer.alloc(0)
      this.#tell(frame, 0, end)
    }
    return taken
  }

  #tell(bytes: Buffer, begin: number, end: number): void {
    this.#onFrame({
      type: bytes[begin + 3],
      flags: bytes[begin + 4],
      streamId: bytes.readUInt32BE(begin + 5) & 0x7fffffff,
      payload: bytes.subarray(begin + frameHeadBytes, end),
    })
  }
}

/** Of the frame that begins there, or of its head while that is not whole. */
function byteLengthAt(bytes: Buffer, at: number): number {
  if (at + frameHeadBytes > bytes.length) return frameHeadBytes
  const length = bytes.readUIntBE(at, 3)
  if (length > framePayloadBytes) throw new FrameTooLong(`a frame of ${length} bytes`)
  return frameHeadBytes + length
}
