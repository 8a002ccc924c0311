/**
 * Frames of HTTP/2 (RFC 9113, section 4):
 *
 *     length 24 | type 8 | flags 8 | 0 1 | stream 31 | payload, `length` bytes
 */
export const frameHeadBytes = 9

/** What a side may send before the other has said otherwise, and the least it must take. */
export const framePayloadBytes = 16_384

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const frameFlags = {
  endStream: 0x1,
  /** Of settings and pings. */
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const

export const errorCodes = {
  none: 0,
  protocol: 1,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  compression: 9,
  enhanceYourCalm: 11,
} as const

export const settingIds = {
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

/** A frame's beginning; the payload follows. */
export function writeFrameHead(
  target: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): number {
  target[at] = length >> 16
  target[at + 1] = length >> 8
  target[at + 2] = length
  target[at + 3] = type
  target[at + 4] = flags
  target.writeUInt32BE(streamId, at + 5)
  return at + frameHeadBytes
}

export function frameOf(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + payload.length)
  payload.copy(frame, writeFrameHead(frame, 0, payload.length, type, flags, streamId))
  return frame
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6)
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, index * 6)
    payload.writeUInt32BE(value, index * 6 + 2)
  }
  return frameOf(frameTypes.settings, 0, 0, payload)
}

export function windowUpdateFrame(streamId: number, byteCount: number): Buffer {
  return frameOf(frameTypes.windowUpdate, 0, streamId, wordOf(byteCount))
}

export function rstStreamFrame(streamId: number, code: number): Buffer {
  return frameOf(frameTypes.rstStream, 0, streamId, wordOf(code))
}

export function goAwayFrame(lastStreamId: number, code: number): Buffer {
  return frameOf(frameTypes.goAway, 0, 0, Buffer.concat([wordOf(lastStreamId), wordOf(code)]))
}

function wordOf(value: number): Buffer {
  const word = Buffer.alloc(4)
  word.writeUInt32BE(value)
  return word
}
