/** Bits that become floats, -1 and 1, or are made of the signs of floats again. */
export interface TurnBitsInput {
  readonly memory: WebAssembly.Memory
  readonly bits: number
  readonly byteCount: number
  /** Eight for each byte, float32. */
  readonly floats: number
  readonly isToBits: boolean
}

export function run({ memory, bits, byteCount, floats, isToBits }: TurnBitsInput): void {
  const bytes = new Uint8Array(memory.buffer, bits, byteCount)
  const values = new Float32Array(memory.buffer, floats, byteCount * 8)
  if (isToBits) takeSigns(values, bytes)
  else fillFloats(bytes, values)
}

function fillFloats(bytes: Uint8Array, values: Float32Array): void {
  for (let at = 0; at < values.length; at++) {
    values[at] = (bytes[at >> 3] >> (at & 7)) & 1 ? 1 : -1
  }
}

function takeSigns(values: Float32Array, bytes: Uint8Array): void {
  bytes.fill(0)
  for (let at = 0; at < values.length; at++) {
    if (values[at] > 0) bytes[at >> 3] |= 1 << (at & 7)
  }
}
