import { totalmem } from 'node:os'
import { MillraceError } from '../errors.js'
import { FreeList } from './free-list.js'
import { memoryPagesMax, pageBytes } from './kernel-module.js'
import type { VectorRegion } from './vector-region.js'

interface VectorMemoryLimits {
  /** Bytes of all memories together; the default is three quarters of the machine's. */
  readonly bytesMax?: number
  /** Bytes of one memory, at most the default, 4 GiB less a page. */
  readonly memoryBytesMax?: number
}

/**
 * A pool of shared WASM memories, where vectors lie for the kernels of all threads. Each memory reserves 10 GiB
 * of addresses and stays resident until every thread has collected its garbage: so there are few, none is
 * ever dropped, a big segment may fill one, small ones share, and what is freed is used again.
 */
export class VectorMemory {
  readonly #bytesMax: number
  readonly #memoryBytesMax: number
  readonly #memories = new Map<number, GrowingMemory>()
  readonly #live = new Set<VectorRegion>()

  constructor(limits: VectorMemoryLimits = {}) {
    this.#bytesMax = limits.bytesMax ?? Math.floor(totalmem() * 0.75)
    const bytesMax = limits.memoryBytesMax ?? memoryPagesMax * pageBytes
    this.#memoryBytesMax = Math.floor(bytesMax / pageBytes) * pageBytes
  }

  /** Room for vectors, with whatever bytes were there before. @throws memoryExceeded */
  allocate(byteLength: number): VectorRegion {
    const roundedBytes = roundUp(byteLength)
    this.#refuseLarger(roundedBytes)
    for (const memory of this.#memories.values()) {
      const byteOffset = memory.free.take(roundedBytes, this.#vectorBytesMax)
      if (byteOffset >= 0) return this.#regionAt(memory, byteOffset, byteLength)
    }
    const memory = this.#memoryWithRoom(roundedBytes) ?? this.#addMemory()
    this.#grow(memory, roundedBytes)
    return this.#regionAt(memory, memory.free.take(roundedBytes, this.#vectorBytesMax), byteLength)
  }

  /** Room for several pieces in one memory, where a kernel sees them together. @throws memoryExceeded */
  allocateTogether(byteLengths: readonly number[]): VectorRegion[] {
    const whole = this.allocate(byteLengths.reduce((sum, bytes) => sum + roundUp(bytes), 0))
    this.#live.delete(whole)
    let { byteOffset } = whole
    return byteLengths.map((byteLength) => {
      const region: VectorRegion = { ...whole, byteOffset, byteLength }
      byteOffset += roundUp(byteLength)
      this.#live.add(region)
      return region
    })
  }

  /**
   * Room for a job beside the vectors it works on: queries, masks, heaps. It may use the sixteenth of a
   * memory that `allocate` leaves free.
   * @throws memoryExceeded
   */
  allocateIn(memoryId: number, byteLength: number): VectorRegion {
    const memory = this.#memories.get(memoryId)
    if (!memory) throw new MillraceError('unexpected', `there is no vector memory ${memoryId}`)
    const roundedBytes = roundUp(byteLength)
    let byteOffset = memory.free.take(roundedBytes, this.#memoryBytesMax)
    if (byteOffset < 0) {
      this.#refuseFull(memory, roundedBytes)
      this.#grow(memory, roundedBytes)
      byteOffset = memory.free.take(roundedBytes, this.#memoryBytesMax)
    }
    return this.#regionAt(memory, byteOffset, byteLength)
  }

  /** The region must not be used any more by any thread. */
  free(region: VectorRegion): void {
    const memory = this.#memories.get(region.memoryId)
    if (!memory || !this.#live.delete(region)) {
      throw new MillraceError(
        'unexpected',
        `a vector region is freed twice: ${region.byteLength} bytes at ${region.byteOffset} of memory ${region.memoryId}`,
      )
    }
    memory.free.give(region.byteOffset, roundUp(region.byteLength))
  }

  /** Gives back the end of a region, which must not be used any more by any thread. @returns what is left */
  shrink(region: VectorRegion, byteLength: number): VectorRegion {
    const memory = this.#memories.get(region.memoryId)!
    const [before, after] = [roundUp(region.byteLength), roundUp(byteLength)]
    this.#live.delete(region)
    if (after < before) memory.free.give(region.byteOffset + after, before - after)
    return this.#regionAt(memory, region.byteOffset, byteLength)
  }

  bytesOf(region: VectorRegion): Uint8Array {
    return new Uint8Array(region.memory.buffer, region.byteOffset, region.byteLength)
  }

  #regionAt(memory: GrowingMemory, byteOffset: number, byteLength: number): VectorRegion {
    const { memoryId } = memory
    const region: VectorRegion = { memoryId, memory: memory.memory, byteOffset, byteLength }
    this.#live.add(region)
    return region
  }

  #refuseLarger(roundedBytes: number): void {
    const largest = this.#vectorBytesMax - pageBytes
    if (roundedBytes <= largest) return
    throw new MillraceError(
      'memoryExceeded',
      `vector memory: expected at most ${largest} bytes in one piece, got ${roundedBytes}`,
    )
  }

  #refuseFull(memory: GrowingMemory, roundedBytes: number): void {
    if (bytesAfterGrowth(memory, roundedBytes) <= this.#memoryBytesMax) return
    throw new MillraceError(
      'memoryExceeded',
      `vector memory ${memory.memoryId}: no room for ${roundedBytes} bytes of a search beside ${memory.byteLength} bytes of vectors and other searches`,
    )
  }

  /** Where vectors end, so that searches over a full memory have room for their own. */
  get #vectorBytesMax(): number {
    return this.#memoryBytesMax - Math.ceil(this.#memoryBytesMax / 16)
  }

  #memoryWithRoom(roundedBytes: number): GrowingMemory | undefined {
    for (const memory of this.#memories.values()) {
      if (bytesAfterGrowth(memory, roundedBytes) <= this.#vectorBytesMax) return memory
    }
    return undefined
  }

  #addMemory(): GrowingMemory {
    this.#refuseOverLimit(pageBytes)
    const maximum = this.#memoryBytesMax / pageBytes
    const memory = orMemoryExceeded(
      () => new WebAssembly.Memory({ initial: 1, maximum, shared: true }),
    )
    const added = { memoryId: nextMemoryId++, memory, byteLength: pageBytes, free: new FreeList() }
    // Offset 0 is left out: to a kernel it means "none".
    added.free.give(alignmentBytes, pageBytes - alignmentBytes)
    this.#memories.set(added.memoryId, added)
    return added
  }

  /** Grows in steps, and by less than a step where a limit is near. */
  #grow(memory: GrowingMemory, roundedBytes: number): void {
    const neededBytes = bytesAfterGrowth(memory, roundedBytes) - memory.byteLength
    this.#refuseOverLimit(neededBytes)
    const roomBytes = Math.min(
      this.#memoryBytesMax - memory.byteLength,
      this.#bytesMax - this.#bytesHeld(),
    )
    const stepBytes = Math.max(neededBytes, Math.min(growthBytes, roomBytes))
    orMemoryExceeded(() => memory.memory.grow(Math.floor(stepBytes / pageBytes)))
    const byteLength = memory.memory.buffer.byteLength
    memory.free.give(memory.byteLength, byteLength - memory.byteLength)
    memory.byteLength = byteLength
  }

  #refuseOverLimit(moreBytes: number): void {
    const held = this.#bytesHeld()
    if (held + moreBytes <= this.#bytesMax) return
    throw new MillraceError(
      'memoryExceeded',
      `vector memory: expected at most ${this.#bytesMax} bytes, got ${held} in use and ${moreBytes} more; release collections, or raise the limit`,
    )
  }

  #bytesHeld(): number {
    let bytes = 0
    for (const memory of this.#memories.values()) bytes += memory.byteLength
    return bytes
  }
}

interface GrowingMemory {
  readonly memoryId: number
  readonly memory: WebAssembly.Memory
  readonly free: FreeList
  byteLength: number
}

/** Unique in the process: threads keep their kernels by it. */
let nextMemoryId = 1

const alignmentBytes = 64
/** Pages that nobody has touched cost nothing but the call. */
const growthBytes = 64 * 1024 * 1024

function roundUp(byteLength: number): number {
  return Math.max(alignmentBytes, Math.ceil(byteLength / alignmentBytes) * alignmentBytes)
}

/** The length of a memory once it has grown for so many bytes at its end. */
function bytesAfterGrowth({ free, byteLength }: GrowingMemory, roundedBytes: number): number {
  const missing = Math.max(0, roundedBytes - free.bytesBefore(byteLength))
  return byteLength + Math.ceil(missing / pageBytes) * pageBytes
}

/** The system, too, may refuse: it has addresses and memory to give, or not. */
function orMemoryExceeded<Result>(reserve: () => Result): Result {
  try {
    return reserve()
  } catch (error) {
    throw new MillraceError(
      'memoryExceeded',
      `vector memory: the system gives no more: ${error instanceof Error ? error.message : error}`,
      {},
      error,
    )
  }
}
