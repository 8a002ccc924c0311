import { closeSync, readSync } from 'node:fs'
import { MillraceError } from '../errors.js'
import { giveWay } from '../workers/give-way.js'
import type { ByteSource, LocalAddress, SpooledAddress } from './byte-source.js'
import { openRealFile, type RealFile, systemErrorText } from './real-file.js'

/** A fraction of a millisecond. */
const readBytesMax = 512 * 1024

/**
 * Opens a file of this machine, whose reads are synchronous: made for worker threads.
 * @throws importFailed where the file is gone, or is no longer what was found at its address
 */
export function openLocalSource(address: LocalAddress | SpooledAddress): ByteSource {
  try {
    const version = address.kind === 'spooled' ? address.version : null
    return new LocalSource(address.name, openRealFile(address.path), version)
  } catch (error) {
    const message = `failed to open the file '${address.name}', error: open ${address.path}: ${systemErrorText(error)}`
    throw new MillraceError('importFailed', message, { file: address.name }, error)
  }
}

class LocalSource implements ByteSource {
  readonly name: string
  readonly byteLength: number
  readonly fingerprint: string
  #descriptor: number | null

  /** @param version of what the file is a copy of; the copy itself is another one after a restart */
  constructor(name: string, { descriptor, stats }: RealFile, version: string | null) {
    this.name = name
    this.byteLength = Number(stats.size)
    this.fingerprint = `${stats.size}-${version ?? `${stats.mtimeNs}-${stats.ino}`}`
    this.#descriptor = descriptor
  }

  read(position: number, target: Uint8Array): number {
    let filled = 0
    while (filled < target.byteLength) {
      const count = this.#readSome(position + filled, target, filled)
      if (count === 0) break
      filled += count
      giveWay()
    }
    return filled
  }

  #readSome(position: number, target: Uint8Array, filled: number): number {
    if (this.#descriptor === null) throw this.#failure(position, 'it is closed')
    const length = Math.min(target.byteLength - filled, readBytesMax)
    try {
      return readSync(this.#descriptor, target, filled, length, position)
    } catch (error) {
      throw this.#failure(position, systemErrorText(error), error)
    }
  }

  #failure(position: number, reason: string, cause?: unknown): MillraceError {
    const message = `failed to read the file '${this.name}' at byte ${position}, error: ${reason}`
    return new MillraceError('ioFailed', message, { file: this.name }, cause)
  }

  close(): void {
    if (this.#descriptor === null) return
    closeSync(this.#descriptor)
    this.#descriptor = null
  }
}
