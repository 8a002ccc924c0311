import { bitmapWithLength, setBit } from '../../column/bitmap.js'
import type { BytesColumn } from '../../column/column.js'
import { endsOf } from '../../expr/json-columns.js'
import { eachJsonValue } from '../../expr/json-rows.js'
import { type JsonStep, jsonSkip } from '../../expr/json-scan.js'

const kinds = { boolean: 0, number: 1, string: 2, object: 3 } as const

/**
 * What lies at a path of each row's document, as bytes that compare as the values do: booleans come first,
 * then numbers, texts, and lists and objects as they are written. Null where nothing is there.
 */
export function jsonOrderColumn(
  path: readonly JsonStep[],
  column: BytesColumn,
  rowCount: number,
): BytesColumn {
  const lengths = new Int32Array(rowCount + 1)
  const validity = bitmapWithLength(rowCount)
  const keys: Buffer[] = []
  eachJsonValue(path, column, rowCount, null, (row, bytes, position, end) => {
    const key = orderKey(bytes.toString('utf8', position, jsonSkip(bytes, position, end)))
    if (key === null) return
    setBit(validity, row)
    lengths[row + 1] = key.length
    keys.push(key)
  })
  return { shape: 'bytes', offsets: endsOf(lengths), bytes: Buffer.concat(keys), validity }
}

function orderKey(text: string): Buffer | null {
  const value: unknown = JSON.parse(text)
  if (value === null) return null
  const kind = Buffer.of(kinds[typeof value as keyof typeof kinds])
  if (typeof value === 'boolean') return Buffer.concat([kind, Buffer.of(Number(value))])
  if (typeof value === 'number')
    return Buffer.concat([kind, numberKey(value), digitsKey(value, text)])
  return Buffer.concat([kind, Buffer.from(typeof value === 'string' ? value : text)])
}

/** The bits of a double, of which those of negative ones are turned over. Zero has one sign. */
function numberKey(value: number): Buffer {
  const key = Buffer.alloc(8)
  key.writeDoubleBE(value === 0 ? 0 : value)
  const flip = key[0] >= 0x80 ? 0xff : 0
  for (let at = 0; at < key.length; at++) key[at] ^= flip
  if (flip === 0) key[0] ^= 0x80
  return key
}

/** What a whole number is beyond its double, so that int64 stay apart; biased, to compare as bytes. */
function digitsKey(value: number, text: string): Buffer {
  if (Math.abs(value) < 2 ** 53) return Buffer.alloc(0)
  const beyond = /^-?\d{1,19}$/.test(text) ? BigInt(text) - BigInt(value) : 0n
  const key = Buffer.alloc(4)
  key.writeUInt32BE(Number(beyond) + 2 ** 31)
  return key
}
