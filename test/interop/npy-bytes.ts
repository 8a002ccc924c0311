/** A .npy file of version 1: an independent writer, so that reader and writer cannot err together. */
export function npyBytes(
  descr: string,
  shape: readonly number[],
  values: Float32Array | BigInt64Array,
): Buffer {
  const shapeText = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shapeText}, }`
  const padded = `${header.padEnd(63 - ((10 + header.length) % 64) + header.length)}\n`
  const lengthBytes = Buffer.alloc(2)
  lengthBytes.writeUInt16LE(padded.length)
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    lengthBytes,
    Buffer.from(padded, 'latin1'),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ])
}
