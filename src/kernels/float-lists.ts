import { kernelExportsOn, pageBytes } from './kernel-module.js'
import { writePowersOfTen } from './powers-of-ten.js'

/**
 * Reads lists of numbers in JSON's grammar as float32, several times faster than a loop in JavaScript. Their
 * text is copied into a memory of the kernel's: as much as the last list took, and a bit.
 */
export class FloatLists {
  readonly #count: number
  readonly #lengthMax: number
  /** Of the text that is copied, at first a guess. */
  #lengthLikely: number

  /** @param count numbers of every list, at most `floatListCountMax` */
  constructor(count: number) {
    this.#count = count
    this.#lengthMax = count * textBytesMax
    this.#lengthLikely = count * 12
  }

  /**
   * Reads the list that begins at `bytes[begin]` into `target` from `at` on.
   * @returns where it ends; −1 where it is anything but a list of so many numbers that are floats beyond
   * doubt, and is to be read by others
   */
  read(bytes: Uint8Array, begin: number, end: number, target: Float32Array, at: number): number {
    const longest = Math.min(this.#lengthMax, end - begin)
    const likely = Math.min(this.#lengthLikely, longest)
    scratch ??= newScratch()
    let length = readList(scratch, bytes, begin, likely, this.#count)
    // What was cut short is tried again as long as it may be.
    if (length < 0 && likely < longest) {
      length = readList(scratch, bytes, begin, longest, this.#count)
    }
    if (length < 0) return -1
    this.#lengthLikely = length + (length >> 3) + 16
    target.set(scratch.floats.subarray(0, this.#count), at)
    return begin + length
  }
}

/** No usual writer takes more for a number, with its comma and spaces; where one does, others read it. */
const textBytesMax = 32
export const floatListCountMax = 32_768

interface Scratch {
  readonly readFloatList: (
    text: number,
    end: number,
    powers: number,
    floats: number,
    count: number,
  ) => number
  readonly text: Uint8Array
  readonly floats: Float32Array
}

/** This thread's, since a list is read at once. */
let scratch: Scratch | null = null

const powersAddress = pageBytes
const floatsAddress = powersAddress + pageBytes
const textAddress = floatsAddress + floatListCountMax * 4
/** The kernel reads words of eight bytes, of which the first may be the last of the text. */
const paddingBytes = 16
const textBytes = floatListCountMax * textBytesMax + paddingBytes

function newScratch(): Scratch {
  const pages = Math.ceil((textAddress + textBytes) / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const { readFloatList } = kernelExportsOn(memory) as unknown as Pick<Scratch, 'readFloatList'>
  writePowersOfTen(memory, powersAddress)
  return {
    readFloatList,
    text: new Uint8Array(memory.buffer, textAddress, textBytes),
    floats: new Float32Array(memory.buffer, floatsAddress, floatListCountMax),
  }
}

/** @returns the list's length in bytes, or −1 */
function readList(
  { readFloatList, text }: Scratch,
  bytes: Uint8Array,
  begin: number,
  length: number,
  count: number,
): number {
  text.set(bytes.subarray(begin, begin + length))
  text.fill(0, length, length + paddingBytes)
  return readFloatList(textAddress, textAddress + length, powersAddress, floatsAddress, count)
}
