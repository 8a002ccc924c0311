/** A field of a struct in Thrift's compact protocol: its number, and its value. */
export type ThriftField = readonly [id: number, value: ThriftValue]

export type ThriftValue =
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly text: string }
  | { readonly list: readonly ThriftValue[] }
  | { readonly struct: readonly ThriftField[] }

/** Encodes a struct. Fields are in the order of their numbers. */
export function thriftBytes(fields: readonly ThriftField[]): Uint8Array {
  return Uint8Array.from(structBytes(fields))
}

/** An unsigned number, seven bits a byte. */
export function varint(value: number): number[] {
  const bytes = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return [...bytes, rest]
}

function structBytes(fields: readonly ThriftField[]): number[] {
  let last = 0
  const bytes = fields.flatMap(([id, value]) => {
    const head = ((id - last) << 4) | typeOf(value)
    last = id
    return [head, ...valueBytes(value)]
  })
  return [...bytes, 0]
}

function typeOf(value: ThriftValue): number {
  if ('i32' in value) return 5
  if ('i64' in value) return 6
  if ('text' in value) return 8
  return 'list' in value ? 9 : 12
}

function valueBytes(value: ThriftValue): number[] {
  if ('i32' in value) return zigzag(value.i32)
  if ('i64' in value) return zigzag(value.i64)
  if ('struct' in value) return structBytes(value.struct)
  if ('list' in value) return listBytes(value.list)
  const text = Buffer.from(value.text)
  return [...varint(text.length), ...text]
}

function listBytes(items: readonly ThriftValue[]): number[] {
  const type = items.length === 0 ? 5 : typeOf(items[0])
  const head =
    items.length < 15 ? [(items.length << 4) | type] : [0xf0 | type, ...varint(items.length)]
  return [...head, ...items.flatMap(valueBytes)]
}

function zigzag(value: number): number[] {
  return varint(value < 0 ? -2 * value - 1 : 2 * value)
}
