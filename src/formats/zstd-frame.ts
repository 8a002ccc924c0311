/**
 * The header of a zstd frame:
 *
 *   magic FD2FB528 ┼ flags ┼ [window: 1] ┼ [dictionary: 0, 1, 2, 4] ┼ [content size: 0, 1, 2, 4, 8]
 *
 * Flags have the width of the content size in bits 6 and 7, in bit 5 whether the window is the content, in
 * bits 0 and 1 the width of the dictionary's number.
 */
interface ZstdFrame {
  /** null where the header does not tell. */
  readonly contentBytes: number | null
  /** What a decoder has to keep. */
  readonly windowBytes: number
}

const magic = 0xfd2fb528
/** As zstd itself has it, unless it is told that memory does not matter. */
const windowBytesMax = 128 * 1024 ** 2

/** What the first frame's header says; null where there is none. @throws RangeError where it is cut */
function zstdFrameOf(input: Uint8Array): ZstdFrame | null {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (input.byteLength < 6 || view.getUint32(0, true) !== magic) return null
  const flags = input[4]
  const isSingle = (flags & 0x20) !== 0
  const contentAt = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][flags & 3]
  const contentBytes = contentBytesAt(view, contentAt, flags >> 6, isSingle)
  return { contentBytes, windowBytes: isSingle ? contentBytes! : windowBytesOf(input[5]) }
}

/**
 * A decoder that gives out pieces keeps a window, for which a few bytes may ask for gigabytes.
 * @throws Error
 */
export function refuseLargeWindow(input: Uint8Array): void {
  const windowBytes = zstdFrameOf(input)?.windowBytes ?? 0
  if (windowBytes <= windowBytesMax) return
  throw new Error(`expected a window of at most ${windowBytesMax} bytes, got ${windowBytes}`)
}

function contentBytesAt(
  view: DataView,
  at: number,
  widthCode: number,
  isSingle: boolean,
): number | null {
  switch (widthCode) {
    case 0:
      return isSingle ? view.getUint8(at) : null
    case 1:
      return view.getUint16(at, true) + 256
    case 2:
      return view.getUint32(at, true)
    default:
      return Number(view.getBigUint64(at, true))
  }
}

function windowBytesOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}
