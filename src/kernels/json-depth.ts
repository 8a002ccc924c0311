import { kernelExportsOn, pageBytes } from './kernel-module.js'

const chunkBytes = 1024 ** 2

/** Follows the brackets of a JSON text that begins outside of strings: how deep it is, from 0. */
export class JsonDepth {
  /** What comes next is to be written here. */
  readonly chunk: Uint8Array
  readonly #kernels: Kernels

  constructor() {
    const pages = 2 + chunkBytes / pageBytes
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    this.#kernels = kernelExportsOn(memory) as unknown as Kernels
    this.chunk = new Uint8Array(memory.buffer, pageBytes, chunkBytes)
  }

  start(): void {
    this.#kernels.startDepth()
  }

  get depth(): number {
    return this.#kernels.currentDepth()
  }

  /**
   * Follows the chunk's bytes `[begin, end)`.
   * @returns where the first bracket lies that leads below `floor`, at which it stops, or -1
   */
  follow(begin: number, end: number, floor: number): number {
    const at = this.#kernels.followDepth(pageBytes + begin, end - begin, floor)
    return at < 0 ? -1 : begin + at
  }
}

interface Kernels {
  startDepth(): void
  currentDepth(): number
  followDepth(text: number, count: number, floor: number): number
}
