import { decodeFloat16 } from '../../formats/float16.js'
import { DataType } from '../../schema/data-type.js'

/** Query vectors as the kernels take them: float32 whatever the rows are stored as, or bits as they are. */
export function kernelQueries(dataType: DataType, bytes: Uint8Array): Uint8Array {
  switch (dataType) {
    case DataType.Float16Vector:
      return float32Bytes(bytes, decodeFloat16)
    case DataType.BFloat16Vector:
      return float32Bytes(bytes, decodeBFloat16)
    case DataType.Int8Vector:
      return viewOf(Float32Array.from(new Int8Array(new Uint8Array(bytes).buffer)))
    default:
      return bytes
  }
}

function float32Bytes(
  bytes: Uint8Array,
  widen: (halves: Uint16Array, floats: Float32Array) => void,
): Uint8Array {
  const halves = new Uint16Array(new Uint8Array(bytes).buffer)
  const floats = new Float32Array(halves.length)
  widen(halves, floats)
  return viewOf(floats)
}

/** A bfloat16 is the upper half of a float32. */
function decodeBFloat16(halves: Uint16Array, floats: Float32Array): void {
  const patterns = new Uint32Array(floats.buffer)
  for (let index = 0; index < halves.length; index++) patterns[index] = halves[index] << 16
}

function viewOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer)
}
