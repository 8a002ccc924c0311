import type { Socket } from 'node:net'
import {
  errorCodes,
  frameFlags,
  frameOf,
  framePayloadBytes,
  frameTypes,
  goAwayFrame,
  rstStreamFrame,
  settingIds,
  settingsFrame,
  windowUpdateFrame,
} from './frame.js'
import { type Frame, FrameReader, FrameTooLong } from './frame-reader.js'
import { HeaderDecoder, HeaderError, type Headers } from './header-decoder.js'
import { type Answer, Outbox } from './outbox.js'

/** A stream that a client opened, as whoever answers it sees it. */
export interface Http2Stream {
  readonly headers: Headers
  readonly peerAddress: string
  /** Lets the client send so many bytes more than it was granted at first. */
  grant(byteCount: number): void
  /** Sends the answer, whole: a stream has one. Nothing happens where the stream is gone. */
  answer(answer: Answer): void
  /** Ends the stream without an answer, as a fault of the client's. */
  refuse(): void
}

export interface StreamListener {
  onData(bytes: Buffer): void
  onEnd(): void
  /** The client gave up, or the connection broke; nothing follows, and no answer will arrive. */
  onCancel(): void
}

interface OpenStream {
  listener: StreamListener
  /** What the client may still send. */
  room: number
  /** What it may send more, and has not been told yet. */
  granted: number
  hasEnded: boolean
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/**
 * Of a stream and of a connection: what a client may send before it must wait. In windows of 64 KiB an insert
 * of 51 MB takes half as long again (165 ms, not 105, from Python on the same machine).
 */
const windowBytes = 16 * 1024 * 1024
/** What a connection begins with, whatever is set. */
const windowBytesFirst = 65_535
/** So much is granted before the client is told of it. */
const grantBytesMin = windowBytes / 4
const streamsMax = 4096
/** Of headers that come in several frames. */
const headerBytesMax = 64 * 1024
/** A peer that makes this side answer without reading the answers is let go. */
const unreadBytesMax = 64 * 1024 * 1024
/** Writes of one turn are joined up to here. */
const joinedBytesMax = 64 * 1024

/** What ends a connection: the peer broke the protocol. */
class ConnectionError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * The server's side of an HTTP/2 connection (RFC 9113), for streams that are answered whole. Node's own costs
 * several times as much a request, which is more than a small search does.
 */
export class Http2Connection {
  readonly #socket: Socket
  readonly #accept: (stream: Http2Stream) => StreamListener | null
  readonly #peerAddress: string
  readonly #streams = new Map<number, OpenStream>()
  readonly #headerDecoder = new HeaderDecoder()
  readonly #frameReader = new FrameReader((frame) => this.#receive(frame))
  readonly #outbox = new Outbox((bytes) => this.#write(bytes))
  #prefaceRest = preface
  #lastStreamId = 0
  #room = windowBytes
  #granted = 0
  /** Headers whose last frame has not come. */
  #headers: { readonly streamId: number; readonly hasEnded: boolean; bytes: Buffer } | null = null
  #written: Buffer[] = []
  #isClosing = false
  #isBroken = false

  /** @param accept told of each stream; null where it has answered already and takes no more of it */
  constructor(socket: Socket, accept: (stream: Http2Stream) => StreamListener | null) {
    this.#socket = socket
    this.#accept = accept
    this.#peerAddress = socket.remoteAddress ?? ''
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.once('close', () => this.#cancelAll())
    const settings = [
      [settingIds.maxConcurrentStreams, streamsMax],
      [settingIds.initialWindowSize, windowBytes],
      [settingIds.maxHeaderListSize, headerBytesMax],
    ] as const
    this.#write(settingsFrame(settings))
    this.#write(windowUpdateFrame(0, windowBytes - windowBytesFirst))
  }

  /** Takes no further streams, and ends when those that are open are answered. */
  drain(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#write(goAwayFrame(this.#lastStreamId, errorCodes.none))
    this.#endWhenIdle()
  }

  #read(bytes: Buffer): void {
    if (this.#isBroken) return
    try {
      const rest = this.#prefaceRest.length > 0 ? this.#skipPreface(bytes) : bytes
      if (rest.length > 0) this.#frameReader.push(rest)
    } catch (error) {
      const code = codeOf(error)
      if (code === null) throw error
      this.#breakOff(code)
    }
  }

  #skipPreface(bytes: Buffer): Buffer {
    const length = Math.min(bytes.length, this.#prefaceRest.length)
    if (!bytes.subarray(0, length).equals(this.#prefaceRest.subarray(0, length))) {
      throw new ConnectionError(errorCodes.protocol, 'no preface')
    }
    this.#prefaceRest = this.#prefaceRest.subarray(length)
    return bytes.subarray(length)
  }

  #receive(frame: Frame): void {
    if (this.#headers && frame.type !== frameTypes.continuation) {
      throw new ConnectionError(errorCodes.protocol, 'headers are not at their end')
    }
    switch (frame.type) {
      case frameTypes.data:
        this.#receiveData(frame)
        break
      case frameTypes.headers:
        this.#receiveHeaders(frame)
        break
      case frameTypes.continuation:
        this.#receiveContinuation(frame)
        break
      case frameTypes.rstStream:
        this.#receiveReset(frame)
        break
      case frameTypes.settings:
        this.#receiveSettings(frame)
        break
      case frameTypes.ping:
        this.#receivePing(frame)
        break
      case frameTypes.windowUpdate:
        this.#receiveWindowUpdate(frame)
        break
      case frameTypes.pushPromise:
        throw new ConnectionError(errorCodes.protocol, 'a client does not push')
      // The rest is priorities, a client's farewell, and types that are to be ignored.
    }
  }

  #receiveData(frame: Frame): void {
    const { streamId, payload, flags } = frame
    if (streamId === 0 || streamId > this.#lastStreamId) {
      throw new ConnectionError(errorCodes.protocol, `data of stream ${streamId}`)
    }
    const stream = this.#streams.get(streamId)
    this.#room -= payload.length
    if (stream) stream.room -= payload.length
    if (this.#room < 0 || (stream && stream.room < 0)) {
      throw new ConnectionError(errorCodes.flowControl, 'more than there was room for')
    }
    this.#grantConnection(payload.length)
    if (!stream) return // It was answered or given up while this was on its way.
    if (stream.hasEnded) {
      this.#reset(streamId, errorCodes.streamClosed)
      return
    }
    const bytes = unpadded(frame)
    this.#grantStream(streamId, payload.length - bytes.length)
    if (bytes.length > 0) stream.listener.onData(bytes)
    if (flags & frameFlags.endStream) this.#end(stream)
  }

  #receiveHeaders(frame: Frame): void {
    const { streamId, flags } = frame
    if (streamId % 2 === 0) throw new ConnectionError(errorCodes.protocol, `stream ${streamId}`)
    const padded = unpadded(frame)
    const bytes = flags & frameFlags.priority ? padded.subarray(5) : padded
    const hasEnded = (flags & frameFlags.endStream) !== 0
    if (flags & frameFlags.endHeaders) this.#open(streamId, hasEnded, bytes)
    else this.#headers = { streamId, hasEnded, bytes }
  }

  #receiveContinuation({ streamId, flags, payload }: Frame): void {
    const headers = this.#headers
    if (headers?.streamId !== streamId) {
      throw new ConnectionError(errorCodes.protocol, 'headers go on that had not begun')
    }
    if (headers.bytes.length + payload.length > headerBytesMax || payload.length === 0) {
      throw new ConnectionError(errorCodes.enhanceYourCalm, 'headers without end')
    }
    headers.bytes = Buffer.concat([headers.bytes, payload])
    if (!(flags & frameFlags.endHeaders)) return
    this.#headers = null
    this.#open(streamId, headers.hasEnded, headers.bytes)
  }

  #open(streamId: number, hasEnded: boolean, bytes: Buffer): void {
    // Headers are read also where they do not count: those that follow lean on them.
    const headers = this.#headerDecoder.decode(bytes)
    const open = this.#streams.get(streamId)
    if (open) this.#receiveTrailers(streamId, open, hasEnded)
    // Else it would be the trailers of what was answered or given up.
    else if (streamId > this.#lastStreamId) this.#beginOrRefuse(streamId, hasEnded, headers)
  }

  #receiveTrailers(streamId: number, open: OpenStream, hasEnded: boolean): void {
    if (hasEnded) this.#end(open)
    else this.#reset(streamId, errorCodes.protocol)
  }

  /** A client calls again what is refused: none of it was done. */
  #beginOrRefuse(streamId: number, hasEnded: boolean, headers: Headers): void {
    this.#lastStreamId = streamId
    if (this.#isClosing || this.#streams.size >= streamsMax) {
      this.#write(rstStreamFrame(streamId, errorCodes.refusedStream))
    } else this.#begin(streamId, hasEnded, headers)
  }

  #begin(streamId: number, hasEnded: boolean, headers: Headers): void {
    const stream: OpenStream = { listener: unheard, room: windowBytes, granted: 0, hasEnded }
    this.#streams.set(streamId, stream)
    const listener = this.#accept({
      headers,
      peerAddress: this.#peerAddress,
      grant: (byteCount) => this.#grantStream(streamId, byteCount),
      answer: (answer) => this.#answer(streamId, answer),
      refuse: () => this.#reset(streamId, errorCodes.protocol),
    })
    if (!listener) return
    stream.listener = listener
    if (hasEnded) listener.onEnd()
  }

  #end(stream: OpenStream): void {
    if (stream.hasEnded) return
    stream.hasEnded = true
    stream.listener.onEnd()
  }

  #answer(streamId: number, answer: Answer): void {
    if (!this.#streams.has(streamId) || this.#isBroken) return
    if (this.#outbox.send(streamId, answer)) this.#close(streamId)
    else this.#flush()
  }

  /** After its answer. A client that has not ended need not go on. */
  #close(streamId: number): void {
    const stream = this.#streams.get(streamId)
    if (!stream) return
    if (!stream.hasEnded) this.#write(rstStreamFrame(streamId, errorCodes.none))
    this.#forget(streamId)
  }

  #reset(streamId: number, code: number): void {
    const stream = this.#streams.get(streamId)
    if (!stream) return
    this.#write(rstStreamFrame(streamId, code))
    this.#forget(streamId)
    stream.listener.onCancel()
  }

  #receiveReset({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw new ConnectionError(errorCodes.frameSize, 'a reset')
    if (streamId === 0 || streamId > this.#lastStreamId) {
      throw new ConnectionError(errorCodes.protocol, `a reset of stream ${streamId}`)
    }
    const stream = this.#streams.get(streamId)
    if (!stream) return
    this.#forget(streamId)
    stream.listener.onCancel()
  }

  #receiveSettings({ streamId, flags, payload }: Frame): void {
    if (streamId !== 0) throw new ConnectionError(errorCodes.protocol, 'settings of a stream')
    if (flags & frameFlags.ack) return
    if (payload.length % 6 !== 0) throw new ConnectionError(errorCodes.frameSize, 'settings')
    for (let at = 0; at < payload.length; at += 6) {
      this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
    }
    this.#writeBack(frameOf(frameTypes.settings, frameFlags.ack, 0, Buffer.alloc(0)))
    this.#flush()
  }

  #set(id: number, value: number): void {
    if (id === settingIds.initialWindowSize) {
      if (value > 0x7fffffff) throw new ConnectionError(errorCodes.flowControl, 'a window')
      this.#outbox.resizeStreams(value)
    }
    if (id === settingIds.maxFrameSize) {
      if (value < framePayloadBytes || value > 0xffffff) {
        throw new ConnectionError(errorCodes.protocol, `frames of ${value} bytes`)
      }
      this.#outbox.resizeFrames(value)
    }
  }

  #receivePing({ streamId, flags, payload }: Frame): void {
    if (streamId !== 0) throw new ConnectionError(errorCodes.protocol, 'a ping of a stream')
    if (payload.length !== 8) throw new ConnectionError(errorCodes.frameSize, 'a ping')
    if (flags & frameFlags.ack) return
    this.#writeBack(frameOf(frameTypes.ping, frameFlags.ack, 0, payload))
  }

  #receiveWindowUpdate({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw new ConnectionError(errorCodes.frameSize, 'a window update')
    if (streamId > this.#lastStreamId) {
      throw new ConnectionError(errorCodes.protocol, `a window of stream ${streamId}`)
    }
    if (streamId !== 0 && !this.#streams.has(streamId)) return
    const byteCount = payload.readUInt32BE(0) & 0x7fffffff
    if (byteCount > 0 && this.#outbox.widen(streamId, byteCount)) this.#flush()
    else if (streamId !== 0) this.#reset(streamId, errorCodes.flowControl)
    else throw new ConnectionError(errorCodes.flowControl, 'a window')
  }

  #flush(): void {
    for (const streamId of this.#outbox.flush()) this.#close(streamId)
  }

  #grantConnection(byteCount: number): void {
    this.#granted += byteCount
    if (this.#granted < grantBytesMin) return
    this.#write(windowUpdateFrame(0, this.#granted))
    this.#room += this.#granted
    this.#granted = 0
  }

  #grantStream(streamId: number, byteCount: number): void {
    const stream = this.#streams.get(streamId)
    if (!stream || stream.hasEnded) return
    stream.granted += byteCount
    if (stream.granted < grantBytesMin) return
    this.#write(windowUpdateFrame(streamId, stream.granted))
    stream.room += stream.granted
    stream.granted = 0
  }

  #forget(streamId: number): void {
    this.#streams.delete(streamId)
    this.#outbox.forget(streamId)
    this.#endWhenIdle()
  }

  #endWhenIdle(): void {
    if (!this.#isClosing || this.#streams.size > 0) return
    this.#send()
    this.#socket.end()
  }

  #cancelAll(): void {
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const { listener } of streams) listener.onCancel()
  }

  #breakOff(code: number): void {
    this.#isBroken = true
    this.#write(goAwayFrame(this.#lastStreamId, code))
    this.#send()
    this.#socket.destroySoon()
    this.#cancelAll()
  }

  /** What the peer can ask for at will. */
  #writeBack(frame: Buffer): void {
    if (this.#socket.writableLength > unreadBytesMax) {
      throw new ConnectionError(errorCodes.enhanceYourCalm, 'answers are not read')
    }
    this.#write(frame)
  }

  /** What is written in one turn of the event loop goes out together. */
  #write(bytes: Buffer): void {
    this.#written.push(bytes)
    if (this.#written.length === 1) process.nextTick(() => this.#send())
  }

  #send(): void {
    const written = this.#written
    this.#written = []
    if (written.length === 0 || !this.#socket.writable) return
    for (const bytes of joined(written)) this.#socket.write(bytes)
  }
}

/** Small ones together, large ones as they are. */
function joined(written: readonly Buffer[]): readonly Buffer[] {
  if (written.length === 1) return written
  const byteCount = written.reduce((sum, { length }) => sum + length, 0)
  return byteCount <= joinedBytesMax ? [Buffer.concat(written, byteCount)] : written
}

function unpadded({ flags, payload }: Frame): Buffer {
  if (!(flags & frameFlags.padded)) return payload
  const padBytes = (payload[0] ?? 0) + 1
  if (payload.length < padBytes) throw new ConnectionError(errorCodes.protocol, 'padding')
  return payload.subarray(1, payload.length - padBytes + 1)
}

function codeOf(error: unknown): number | null {
  if (error instanceof ConnectionError) return error.code
  if (error instanceof HeaderError) return errorCodes.compression
  return error instanceof FrameTooLong ? errorCodes.frameSize : null
}

const unheard: StreamListener = { onData: () => {}, onEnd: () => {}, onCancel: () => {} }
