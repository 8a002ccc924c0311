import {
  frameFlags,
  frameHeadBytes,
  framePayloadBytes,
  frameTypes,
  writeFrameHead,
} from './frame.js'

/** What a stream is answered: blocks of headers, and the bytes between them. */
export interface Answer {
  readonly headers: Buffer
  /** null: there is none, and the headers are all. */
  readonly body: Buffer | null
  readonly trailers: Buffer
}

/** An answer that is under way. */
interface Sending {
  readonly answer: Answer
  readonly body: Buffer
  sentBytes: number
}

const windowBytesMax = 0x7fffffff
/** What every window begins with. */
const windowBytesFirst = 65_535

/** Answers of a connection's streams, sent as far as the other side has room for them. */
export class Outbox {
  readonly #write: (bytes: Buffer) => void
  /** What each open stream has room for, less or more than every stream has at first. */
  readonly #windows = new Map<number, number>()
  /** Those that wait for room. */
  readonly #waiting = new Map<number, Sending>()
  #window = windowBytesFirst
  #streamWindow = windowBytesFirst
  #payloadBytes = framePayloadBytes

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write
  }

  /** @returns whether the answer is out already; else `flush` sends it */
  send(streamId: number, answer: Answer): boolean {
    const { body } = answer
    if (body === null) {
      this.#write(headersFrame(streamId, answer.headers, frameFlags.endStream))
      return true
    }
    const room = Math.min(this.#window, this.#roomOf(streamId), this.#payloadBytes)
    if (body.length <= room) {
      this.#window -= body.length
      this.#write(wholeAnswer(streamId, answer, body))
      return true
    }
    this.#write(headersFrame(streamId, answer.headers, 0))
    this.#waiting.set(streamId, { answer, body, sentBytes: 0 })
    return false
  }

  /** Sends what there is room for: a frame of each stream in turn. @returns the streams that are through */
  flush(): number[] {
    const sent: number[] = []
    for (let isMoving = true; isMoving && this.#window > 0; ) {
      isMoving = false
      for (const [streamId, sending] of this.#waiting) {
        if (!this.#sendSome(streamId, sending)) continue
        isMoving = true
        if (sending.sentBytes < sending.body.length) continue
        this.#write(headersFrame(streamId, sending.answer.trailers, frameFlags.endStream))
        this.#waiting.delete(streamId)
        sent.push(streamId)
      }
    }
    return sent
  }

  forget(streamId: number): void {
    this.#waiting.delete(streamId)
    this.#windows.delete(streamId)
  }

  /** @returns false where a window would become larger than any may be */
  widen(streamId: number, byteCount: number): boolean {
    if (streamId === 0) {
      this.#window += byteCount
      return this.#window <= windowBytesMax
    }
    const more = (this.#windows.get(streamId) ?? 0) + byteCount
    this.#windows.set(streamId, more)
    return this.#streamWindow + more <= windowBytesMax
  }

  /** Of streams that are open, too: what was sent of them counts on. */
  resizeStreams(byteCount: number): void {
    this.#streamWindow = byteCount
  }

  resizeFrames(byteCount: number): void {
    this.#payloadBytes = byteCount
  }

  #roomOf(streamId: number): number {
    return this.#streamWindow + (this.#windows.get(streamId) ?? 0)
  }

  #sendSome(streamId: number, sending: Sending): boolean {
    const { body, sentBytes } = sending
    const room = Math.min(this.#window, this.#roomOf(streamId), this.#payloadBytes)
    const length = Math.min(room, body.length - sentBytes)
    if (length <= 0) return false
    const head = Buffer.allocUnsafe(frameHeadBytes)
    writeFrameHead(head, 0, length, frameTypes.data, 0, streamId)
    this.#write(head)
    this.#write(body.subarray(sentBytes, sentBytes + length))
    sending.sentBytes += length
    this.#window -= length
    this.widen(streamId, -length)
    return true
  }
}

function headersFrame(streamId: number, block: Buffer, flags: number): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + block.length)
  block.copy(frame, writeHeadersHead(frame, 0, streamId, block, flags))
  return frame
}

/** Headers, one frame of data and trailers: most answers are no more. */
function wholeAnswer(streamId: number, { headers, trailers }: Answer, body: Buffer): Buffer {
  const frames = Buffer.allocUnsafe(
    3 * frameHeadBytes + headers.length + body.length + trailers.length,
  )
  let at = writeHeadersHead(frames, 0, streamId, headers, 0)
  at += headers.copy(frames, at)
  at = writeFrameHead(frames, at, body.length, frameTypes.data, 0, streamId)
  at += body.copy(frames, at)
  at = writeHeadersHead(frames, at, streamId, trailers, frameFlags.endStream)
  trailers.copy(frames, at)
  return frames
}

function writeHeadersHead(
  target: Buffer,
  at: number,
  streamId: number,
  { length }: Buffer,
  flags: number,
): number {
  const all = flags | frameFlags.endHeaders
  return writeFrameHead(target, at, length, frameTypes.headers, all, streamId)
}
