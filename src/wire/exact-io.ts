/**
 * protobufjs's reader and writer with 64-bit integers as bigint. Its own give Long, and write a bigint
 * silently as 0. They are subclasses, and `util.Long` stays as it is, since other users of protobufjs in the
 * process rely on both.
 */
import protobuf from 'protobufjs/light.js'

export class ExactReader extends protobuf.BufferReader {}
export class ExactWriter extends protobuf.BufferWriter {}

const words = new Int32Array(2)
const signed = new BigInt64Array(words.buffer)
const unsigned = new BigUint64Array(words.buffer)

Object.assign(ExactReader.prototype, {
  int64(this: ExactReader): bigint {
    readWords(this)
    return signed[0]
  },
  uint64(this: ExactReader): bigint {
    readWords(this)
    return unsigned[0]
  },
})

const { int64 } = protobuf.BufferWriter.prototype

/** `int64` of the superclass asks of its argument no more than two words. */
function writeInt64(this: ExactWriter, value: bigint | string): ExactWriter {
  signed[0] = BigInt.asIntN(64, BigInt(value))
  return int64.call(this, { low: words[0], high: words[1], unsigned: false }) as ExactWriter
}

Object.assign(ExactWriter.prototype, { int64: writeInt64, uint64: writeInt64 })

function readWords(reader: ExactReader): void {
  let low = 0
  let high = 0
  for (let shift = 0; shift < 70; shift += 7) {
    if (reader.pos >= reader.len) throw new RangeError(`index out of range: ${reader.pos}`)
    const byte = reader.buf[reader.pos++]
    const bits = byte & 0x7f
    if (shift < 28) low |= bits << shift
    else if (shift === 28) {
      low |= bits << 28
      high = bits >>> 4
    } else high |= bits << (shift - 32)
    if (byte >= 0x80) continue
    words[0] = low
    words[1] = high
    return
  }
  throw new RangeError('varint of more than 10 bytes')
}
