import { MillraceError } from '../errors.js'
import { ByteBudget } from './byte-budget.js'
import type { ByteSource, RemoteVersion } from './byte-source.js'
import { type RemoteFailure, remoteFailureFrom } from './remote-failure.js'
import { withRetries } from './retry.js'

/** Exactly the bytes `[begin, begin + length)` of a remote file. @throws RemoteFailure */
type ReadRange = (begin: number, length: number, signal: AbortSignal) => Promise<Uint8Array>

/** The first look at a place takes little, a reader that goes on from there gets more each time. */
const blockBytesMin = 64 * 1024
const blockBytesMax = 8 * 1024 ** 2
const growth = 4
/** Blocks that are on their way while one is used. */
const aheadMax = 3
/** A block that is needed at once although the budget is used up; little of it is kept after the read. */
const overdraftBytesMax = 1024 ** 2

const threadBudget = new ByteBudget((aheadMax + 1) * blockBytesMax)

interface Block {
  readonly begin: number
  readonly end: number
  readonly bytes: Promise<Uint8Array>
  readonly abort: AbortController
  /** Reads that wait for it. */
  userCount: number
}

/**
 * A file behind a server that answers for ranges of bytes. Whoever reads on gets blocks that were fetched
 * ahead; whoever jumps begins anew. A block is given up when it was used to its end.
 */
export class RangedSource implements ByteSource {
  readonly name: string
  readonly byteLength: number
  readonly fingerprint: string
  readonly #readRange: ReadRange
  readonly #budget: ByteBudget
  /** In a row: each begins where the one before ends. */
  #blocks: Block[] = []
  #blockBytes = blockBytesMin
  /** Where the last read ended. */
  #position = 0
  #isClosed = false

  constructor(
    name: string,
    { byteLength, version }: RemoteVersion,
    readRange: ReadRange,
    budget: ByteBudget = threadBudget,
  ) {
    this.name = name
    this.byteLength = byteLength
    this.fingerprint = `${byteLength}-${version}`
    this.#readRange = readRange
    this.#budget = budget
  }

  async read(position: number, target: Uint8Array): Promise<number> {
    const end = Math.min(position + target.byteLength, this.byteLength)
    let at = position
    while (at < end) {
      const block = this.#blockAt(at, end - at)
      const bytes = await this.#bytesOf(block)
      const stop = Math.min(end, block.end)
      target.set(bytes.subarray(at - block.begin, stop - block.begin), at - position)
      at = stop
      this.#position = at
      if (stop === block.end) this.#finish(block)
    }
    return Math.max(0, at - position)
  }

  close(): void {
    this.#isClosed = true
    this.#dropAll()
  }

  async #bytesOf(block: Block): Promise<Uint8Array> {
    block.userCount++
    try {
      return await block.bytes
    } catch (thrown) {
      this.#dropAll()
      throw readError(this.name, block.begin, remoteFailureFrom(thrown))
    } finally {
      block.userCount--
    }
  }

  #blockAt(position: number, wantedBytes: number): Block {
    if (this.#isClosed) {
      const message = `failed to read the file '${this.name}' at byte ${position}, error: it is closed`
      throw new MillraceError('ioFailed', message, { file: this.name })
    }
    const there = this.#blocks.find(({ begin, end }) => position >= begin && position < end)
    const block = there ?? this.#blockFrom(position, wantedBytes)
    if (this.#blockBytes > blockBytesMin) this.#fetchAhead(block)
    return block
  }

  #finish(block: Block): void {
    const index = this.#blocks.indexOf(block)
    for (const dropped of this.#blocks.splice(0, index + 1)) this.#drop(dropped)
    this.#grow()
  }

  /** A block that nothing fetched ahead. */
  #blockFrom(position: number, wantedBytes: number): Block {
    this.#dropAll()
    if (position !== this.#position) this.#blockBytes = blockBytesMin
    const length = Math.min(
      Math.max(this.#blockBytes, Math.min(wantedBytes, blockBytesMax)),
      this.byteLength - position,
    )
    if (this.#budget.take(length)) return this.#fetch(position, length)
    const least = Math.min(length, overdraftBytesMax, Math.max(wantedBytes, blockBytesMin))
    this.#budget.overdraw(least)
    return this.#fetch(position, least)
  }

  #fetchAhead(block: Block): void {
    let aheadCount = this.#blocks.length - 1 - this.#blocks.indexOf(block)
    for (; aheadCount < aheadMax; aheadCount++) {
      const begin = this.#blocks.at(-1)?.end ?? block.end
      const length = Math.min(this.#blockBytes, this.byteLength - begin)
      if (length === 0 || !this.#budget.take(length)) return
      this.#fetch(begin, length)
      this.#grow()
    }
  }

  #grow(): void {
    this.#blockBytes = Math.min(this.#blockBytes * growth, blockBytesMax)
  }

  #fetch(begin: number, length: number): Block {
    const abort = new AbortController()
    const { signal } = abort
    const bytes = withRetries(() => this.#readRange(begin, length, signal), signal)
    bytes.catch(() => {}) // Told to whoever reads the block, if anybody does.
    const block = { begin, end: begin + length, bytes, abort, userCount: 0 }
    this.#blocks.push(block)
    return block
  }

  #dropAll(): void {
    for (const block of this.#blocks.splice(0)) this.#drop(block)
  }

  #drop({ begin, end, abort, userCount }: Block): void {
    this.#budget.give(end - begin)
    if (userCount === 0) abort.abort()
  }
}

function readError(name: string, position: number, failure: RemoteFailure): MillraceError {
  if (failure.kind === 'changed') {
    const message = `the file '${name}' changed while it was imported: ${failure.message}`
    return new MillraceError('importFailed', message, { file: name }, failure)
  }
  const message = `failed to read the file '${name}' at byte ${position}, error: ${failure.message}`
  return new MillraceError('ioFailed', message, { file: name }, failure)
}
