import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What has come in of an upload. */
export interface UnfinishedUpload {
  readonly file: string
  /** Bytes that are there. */
  readonly byteLength: number
  /** Of the whole file. */
  readonly bytesTotal: number
}

/**
 * Uploads that have not come in whole. A file is named by its path's hash and its length when whole, so
 * that what was begun is known again by another connection, or after a restart.
 */
export class UnfinishedUploads {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async find(path: string): Promise<UnfinishedUpload | null> {
    const prefix = `${hashOf(path)}-`
    const name = (await this.#names()).find((each) => each.startsWith(prefix))
    if (name === undefined) return null
    const file = join(this.#folder, name)
    const { size } = await stat(file)
    return { file, byteLength: size, bytesTotal: Number(name.slice(prefix.length)) }
  }

  /** A name for what comes in; nothing is there yet. */
  async begin(path: string, bytesTotal: number): Promise<UnfinishedUpload> {
    await mkdir(this.#folder, { recursive: true })
    const file = join(this.#folder, `${hashOf(path)}-${bytesTotal}`)
    return { file, byteLength: 0, bytesTotal }
  }

  /** Opens it for adding at its end. */
  open({ file }: UnfinishedUpload): Promise<FileHandle> {
    const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW = 0 } = constants
    return open(file, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
  }

  /** Removes those that nobody added to since `beforeMs`; gives the bytes that this made free. */
  async sweep(beforeMs: number): Promise<number> {
    let freed = 0
    for (const name of await this.#names()) {
      const file = join(this.#folder, name)
      const { mtimeMs, size } = await stat(file)
      if (mtimeMs >= beforeMs) continue
      await rm(file, { force: true })
      freed += size
    }
    return freed
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder)
    } catch {
      return [] // Nothing was ever begun.
    }
  }
}

function hashOf(path: string): string {
  return createHash('sha256').update(path).digest('hex')
}
