/**
 * LZ4: a block of literals and copies, and the frame that Arrow wraps blocks in.
 *
 *   frame: magic 184D2204 ┼ flags ┼ block size ┼ [content size: 8] ┼ checksum: 1 ┼ blocks ┼ end: 4 zeros
 *   block: length: u32 LE, high bit: stored as it is ┼ bytes ┼ [checksum: 4]
 */
const frameMagic = 0x184d2204

/** Decodes a frame into exactly `byteLength` bytes. */
export function decodeLz4Frame(input: Uint8Array, byteLength: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (view.getUint32(0, true) !== frameMagic) throw new Error('no LZ4 frame')
  const flags = input[4]
  let position = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0)
  const output = new Uint8Array(byteLength)
  let filled = 0
  for (;;) {
    const header = view.getUint32(position, true)
    position += 4
    if (header === 0) break
    const block = input.subarray(position, position + (header & 0x7fffffff))
    if (header >>> 31) output.set(block, filled)
    // Blocks may copy from those before them, unless the frame says that they do not.
    const windowBegin = flags & 0x20 ? filled : 0
    filled =
      header >>> 31 ? filled + block.length : decodeLz4Block(block, output, filled, windowBegin)
    position += block.length + (flags & 0x10 ? 4 : 0)
  }
  if (filled !== byteLength) throw new Error(`expected ${byteLength} bytes, got ${filled}`)
  return output
}

/**
 * Decodes a block into `output` from `begin` on and returns where it ends there.
 * @param windowBegin from where on bytes of `output` may be copied
 */
export function decodeLz4Block(
  input: Uint8Array,
  output: Uint8Array,
  begin: number,
  windowBegin: number,
): number {
  let from = 0
  let to = begin
  while (from < input.length) {
    const token = input[from++]
    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        more = byteAt(input, from++)
        literals += more
      }
    }
    if (from + literals > input.length || to + literals > output.length) throw corruptBlock()
    output.set(input.subarray(from, from + literals), to)
    from += literals
    to += literals
    if (from === input.length) break
    const distance = byteAt(input, from) | (byteAt(input, from + 1) << 8)
    from += 2
    let length = (token & 15) + 4
    if (length === 19) {
      let more = 255
      while (more === 255) {
        more = byteAt(input, from++)
        length += more
      }
    }
    if (distance === 0 || distance > to - windowBegin || to + length > output.length)
      throw corruptBlock()
    copyWithin(output, to - distance, to, length)
    to += length
  }
  return to
}

/** What is copied may run into its own copy: it is repeated then. */
function copyWithin(bytes: Uint8Array, from: number, to: number, length: number): void {
  if (length > 32 && to - from >= length) bytes.copyWithin(to, from, from + length)
  else for (let at = 0; at < length; at++) bytes[to + at] = bytes[from + at]
}

function byteAt(bytes: Uint8Array, position: number): number {
  if (position >= bytes.length) throw corruptBlock()
  return bytes[position]
}

function corruptBlock(): Error {
  return new Error('a corrupt LZ4 block')
}
