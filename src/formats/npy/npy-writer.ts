import { MillraceError } from '../../errors.js'

export type NpyValues =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/**
 * A whole .npy file, row by row.
 * @param shape rows, then the values of a row where there are several
 * @throws parameterInvalid where the shape has another number of values
 */
export function npyBytes(
  values: NpyValues,
  shape: readonly number[] = [values.length],
): Uint8Array {
  const valueCount = shape.reduce((product, size) => product * size, 1)
  if (valueCount !== values.length) {
    throw new MillraceError(
      'parameterInvalid',
      `the shape (${shape.join(', ')}) takes ${valueCount} values, got ${values.length}`,
    )
  }
  const header = encodeNpyHeader(descrOf(values), shape)
  const file = new Uint8Array(header.byteLength + values.byteLength)
  file.set(header)
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), header.byteLength)
  return file
}

/** Everything before the items of a version 1 file whose items lie row by row. */
export function encodeNpyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`
  // Numpy: the items are aligned to 64 bytes, and the header ends its line.
  const byteLength = Math.ceil((10 + text.length + 1) / 64) * 64
  const header = new Uint8Array(byteLength).fill(0x20)
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
  new DataView(header.buffer).setUint16(8, byteLength - 10, true)
  header.set(new TextEncoder().encode(text), 10)
  header[byteLength - 1] = 0x0a
  return header
}

function descrOf(values: NpyValues): string {
  const bytes = values.BYTES_PER_ELEMENT
  const isFloat = values instanceof Float32Array || values instanceof Float64Array
  const isUnsigned = /^(Big)?Uint/.test(values.constructor.name)
  return `${bytes === 1 ? '|' : '<'}${isFloat ? 'f' : isUnsigned ? 'u' : 'i'}${bytes}`
}
