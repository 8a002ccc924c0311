import type { FixedValues } from '../../column/column.js'
import type { ArrowType } from './arrow-type.js'

export function typedValues(
  type: ArrowType,
  width: number,
  { buffer, byteLength }: Uint8Array,
): FixedValues {
  switch (type.kind) {
    case 'int':
      return integersOf(type.bits, type.isSigned, buffer, byteLength)
    case 'float':
      if (type.bits === 16) return new Uint16Array(buffer, 0, byteLength / 2)
      return type.bits === 32
        ? new Float32Array(buffer, 0, byteLength / 4)
        : new Float64Array(buffer, 0, byteLength / 8)
    case 'date':
    case 'timestamp':
      return width === 4
        ? new Int32Array(buffer, 0, byteLength / 4)
        : new BigInt64Array(buffer, 0, byteLength / 8)
    default:
      return new Uint8Array(buffer, 0, byteLength)
  }
}

function integersOf(
  bits: 8 | 16 | 32 | 64,
  isSigned: boolean,
  buffer: ArrayBufferLike,
  byteLength: number,
): FixedValues {
  if (bits === 64) return new BigInt64Array(buffer, 0, byteLength / 8)
  if (bits === 32) return new Int32Array(buffer, 0, byteLength / 4)
  if (bits === 16) {
    return isSigned
      ? new Int16Array(buffer, 0, byteLength / 2)
      : new Uint16Array(buffer, 0, byteLength / 2)
  }
  return isSigned ? new Int8Array(buffer, 0, byteLength) : new Uint8Array(buffer, 0, byteLength)
}
