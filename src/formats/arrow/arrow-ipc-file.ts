import { DictionaryBatch } from 'apache-arrow/fb/dictionary-batch'
import { Footer } from 'apache-arrow/fb/footer'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { RecordBatch } from 'apache-arrow/fb/record-batch'
import { Schema } from 'apache-arrow/fb/schema'
import { ByteBuffer } from 'flatbuffers'
import type { ByteSource } from '../../source/byte-source.js'
import { decodingReason, importError } from '../import-error.js'
import { type ArrowBody, arrowBodyOf } from './arrow-ipc-body.js'
import { type ArrowField, arrowFieldsOf } from './arrow-ipc-schema.js'

export interface ArrowBatch {
  readonly body: ArrowBody
  /** The parts of each dictionary, by its id. */
  readonly dictionaries: ReadonlyMap<bigint, readonly ArrowBody[]>
}

export interface ArrowFile {
  readonly source: ByteSource
  readonly fields: readonly ArrowField[]
  readonly batches: readonly ArrowBatch[]
  readonly rowCount: number
}

/**
 * A file is a stream between two magic words, with a footer that tells where its messages are:
 *
 *   ARROW1 00 00 ┼ messages … ┼ footer ┼ its length: i32 LE ┼ ARROW1
 *
 * A message: FFFFFFFF ┼ length of its metadata: i32 LE ┼ metadata ┼ body
 */
const magic = 'ARROW1'
const metadataBytesMax = 64 * 1024 ** 2
const messagesMax = 1_000_000

interface Place {
  readonly begin: number
  readonly bodyEnd: number
}

interface FoundMessage {
  readonly message: Message
  readonly bodyBegin: number
  /** The next message's place. */
  readonly end: number
}

/**
 * Reads what a file says of its columns and record batches, in the format of files or of streams.
 * @throws importFailed
 */
export async function readArrowFile(source: ByteSource): Promise<ArrowFile> {
  try {
    const start = Buffer.from(await readAt(source, 0, Math.min(8, source.byteLength))).toString(
      'latin1',
    )
    if (start.startsWith('FEA1')) throw new Error('version 1 of Feather is not supported')
    const walk = new MessageWalk(source)
    if (start.startsWith(magic)) await walk.readFile()
    else await walk.readStream()
    return walk.finish()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw importError(
      { file: source.name },
      `expected an Arrow file, got one that cannot be read: ${decodingReason(error)}`,
      error,
    )
  }
}

class MessageWalk {
  readonly #source: ByteSource
  readonly #batches: ArrowBatch[] = []
  #fields: ArrowField[] | null = null
  #dictionaries: ReadonlyMap<bigint, readonly ArrowBody[]> = new Map()

  constructor(source: ByteSource) {
    this.#source = source
  }

  finish(): ArrowFile {
    if (this.#fields === null) throw new Error('it has no schema')
    const rowCount = this.#batches.reduce((sum, { body }) => sum + body.rowCount, 0)
    if (!Number.isSafeInteger(rowCount)) throw new Error(`it has ${rowCount} rows`)
    return { source: this.#source, fields: this.#fields, batches: this.#batches, rowCount }
  }

  async readFile(): Promise<void> {
    const footer = await this.#readFooter()
    const schema = footer.schema()
    if (!schema) throw new Error('it has no schema')
    this.#fields = arrowFieldsOf(schema)
    const places = placesOf(footer)
    for (const { begin, bodyEnd } of places) {
      const found = await this.#messageAt(begin, bodyEnd)
      if (found) this.#take(found)
    }
  }

  async readStream(): Promise<void> {
    let count = 0
    for (let begin = 0; begin < this.#source.byteLength; ) {
      const found = await this.#messageAt(begin, this.#source.byteLength)
      if (!found) return
      if (++count > messagesMax) throw new Error(`it has more than ${messagesMax} messages`)
      this.#take(found)
      begin = found.end
    }
  }

  async #readFooter(): Promise<Footer> {
    const { byteLength } = this.#source
    if (byteLength < 20) throw new Error(`it has ${byteLength} bytes`)
    const tail = await readAt(this.#source, byteLength - 10, 10)
    if (Buffer.from(tail.subarray(4)).toString('latin1') !== magic) {
      throw new Error(`it does not end with ${magic}`)
    }
    const footerBytes = new DataView(tail.buffer).getInt32(0, true)
    if (footerBytes <= 0 || footerBytes > Math.min(metadataBytesMax, byteLength - 10)) {
      throw new Error(`it has a footer of ${footerBytes} bytes`)
    }
    const bytes = await readAt(this.#source, byteLength - 10 - footerBytes, footerBytes)
    return Footer.getRootAsFooter(new ByteBuffer(bytes))
  }

  /** Writers before 0.15 have no FFFFFFFF. A length of 0 ends a stream. */
  async #messageAt(begin: number, endMax: number): Promise<FoundMessage | null> {
    const head = new DataView((await readAt(this.#source, begin, 8)).buffer)
    const isMarked = head.getUint32(0, true) === 0xffffffff
    const metadataBytes = head.getInt32(isMarked ? 4 : 0, true)
    if (metadataBytes === 0) return null
    const metadataBegin = begin + (isMarked ? 8 : 4)
    const bodyBegin = metadataBegin + metadataBytes
    if (metadataBytes < 0 || metadataBytes > metadataBytesMax || bodyBegin > endMax) {
      throw new Error(`it has a message of ${metadataBytes} bytes at byte ${begin}`)
    }
    const bytes = await readAt(this.#source, metadataBegin, metadataBytes)
    const message = Message.getRootAsMessage(new ByteBuffer(bytes))
    const bodyBytes = Number(message.bodyLength())
    const end = bodyBegin + bodyBytes
    if (bodyBytes < 0 || end > endMax)
      throw new Error(`it has a body of ${bodyBytes} bytes at byte ${bodyBegin}`)
    return { message, bodyBegin, end }
  }

  #take({ message, bodyBegin, end }: FoundMessage): void {
    switch (message.headerType()) {
      case MessageHeader.Schema:
        if (this.#fields === null) this.#fields = arrowFieldsOf(message.header(new Schema()))
        return
      case MessageHeader.RecordBatch: {
        const body = arrowBodyOf(message.header(new RecordBatch()), bodyBegin, end)
        this.#batches.push({ body, dictionaries: this.#dictionaries })
        return
      }
      case MessageHeader.DictionaryBatch:
        this.#takeDictionary(message.header(new DictionaryBatch()), bodyBegin, end)
        return
      default:
        throw new Error(`it has a message of the unknown type ${message.headerType() ?? 0}`)
    }
  }

  /** A dictionary is replaced for the batches after it, or made longer. */
  #takeDictionary(dictionary: DictionaryBatch, bodyBegin: number, end: number): void {
    const data = dictionary.data()
    if (!data) throw new Error('it has an empty dictionary')
    const before = dictionary.isDelta() ? (this.#dictionaries.get(dictionary.id()) ?? []) : []
    const parts = [...before, arrowBodyOf(data, bodyBegin, end)]
    this.#dictionaries = new Map(this.#dictionaries).set(dictionary.id(), parts)
  }
}

/** What a footer has for each message. */
const blockBytes = 24

/** All dictionaries come first, in whatever order they lie. */
function placesOf(footer: Footer): Place[] {
  const dictionaryCount = footer.dictionariesLength()
  const batchCount = footer.recordBatchesLength()
  const messageCount = dictionaryCount + batchCount
  if (messageCount * blockBytes > footer.bb!.capacity() || messageCount > messagesMax) {
    throw new Error(`it has a footer of ${messageCount} messages`)
  }
  const placeOf = (block: ReturnType<Footer['dictionaries']>): Place => {
    const begin = Number(block!.offset())
    const bodyEnd = begin + block!.metaDataLength() + Number(block!.bodyLength())
    return { begin, bodyEnd }
  }
  return [
    ...Array.from({ length: dictionaryCount }, (_, index) => placeOf(footer.dictionaries(index))),
    ...Array.from({ length: batchCount }, (_, index) => placeOf(footer.recordBatches(index))),
  ]
}

async function readAt(
  source: ByteSource,
  position: number,
  byteLength: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(byteLength)
  if (!(position >= 0 && position + byteLength <= source.byteLength)) {
    throw new Error(`it ends before byte ${position + byteLength}`)
  }
  const count = await source.read(position, bytes)
  if (count < byteLength) throw new Error('it was cut meanwhile')
  return bytes
}
