import { rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { MillraceError } from '../errors.js'
import { fileSizeBytesMax } from './file-checks.js'
import { systemErrorText } from './real-file.js'
import { type UnfinishedUpload, UnfinishedUploads } from './unfinished-uploads.js'
import {
  fileSize,
  filesBelow,
  makeFolders,
  removeFile,
  syncFolder,
  type UploadedFile,
} from './upload-folder.js'
import { unfinishedFolder, uploadSegments } from './upload-path.js'

/** A part of a file that comes in now. */
interface UploadPart {
  readonly path: string
  readonly begin: number
  readonly length: number
  /** Of the whole file. */
  readonly bytesTotal: number
  readonly body: AsyncIterable<Uint8Array>
}

/** How far a file has come in; it is whole and importable once all of its bytes are there. */
export interface UploadState {
  readonly byteLength: number
  readonly bytesTotal: number
}

/**
 * The directory that uploads go into. A file appears there whole or not at all: it comes in under another
 * name, and gets its own when it is on disk. All uploads together take at most `bytesMax`.
 */
export class UploadRoot {
  readonly path: string
  readonly bytesMax: number
  readonly #unfinished: UnfinishedUploads
  readonly #busy = new Set<string>()
  #usedBytes = 0

  private constructor(path: string, bytesMax: number) {
    this.path = path
    this.bytesMax = bytesMax
    this.#unfinished = new UnfinishedUploads(join(path, unfinishedFolder))
  }

  static async open(path: string, bytesMax: number): Promise<UploadRoot> {
    const root = new UploadRoot(resolve(path), bytesMax)
    const files = await filesBelow(root.path, '', true)
    root.#usedBytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0)
    return root
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** What is there whole, sorted; all of it or what lies at or below a path. */
  async list(below = ''): Promise<UploadedFile[]> {
    if (below !== '') uploadSegments(below)
    const files = await filesBelow(this.path, '', false)
    return files
      .filter(({ path }) => below === '' || path === below || path.startsWith(`${below}/`))
      .sort((one, other) => (one.path < other.path ? -1 : 1))
  }

  /** How far a file has come in, or null where there is nothing of it. */
  async state(path: string): Promise<UploadState | null> {
    const unfinished = await this.#unfinished.find(path)
    if (unfinished) return unfinished
    const byteLength = await fileSize(join(this.path, ...uploadSegments(path)))
    return byteLength === null ? null : { byteLength, bytesTotal: byteLength }
  }

  /**
   * Adds a part at the end of what has come in; the part that begins at 0 begins anew. What came in before
   * a connection broke is kept.
   * @returns how far the file has come in; where that is not at the part's end, nothing was added
   * @throws parameterInvalid, quotaExceeded, or serviceUnavailable when another part comes in just now
   */
  async add(part: UploadPart): Promise<UploadState> {
    uploadSegments(part.path)
    return this.#alone(part.path, async () => {
      const target = await this.#targetOf(part)
      this.#checkSize(part)
      if (target.byteLength !== part.begin || target.bytesTotal !== part.bytesTotal) return target
      const byteLength = await this.#append(target, part)
      if (byteLength === part.bytesTotal) await this.#finish(part.path, target)
      return { byteLength, bytesTotal: part.bytesTotal }
    })
  }

  /** @throws keyNotFound where there is nothing of it */
  async remove(path: string): Promise<void> {
    uploadSegments(path)
    await this.#alone(path, async () => {
      if ((await this.state(path)) === null) {
        throw new MillraceError('keyNotFound', `there is no upload '${path}'`)
      }
      await this.#dropUnfinished(path)
      await this.#dropFile(path)
    })
  }

  /**
   * Removes what nobody has touched since `beforeMs`.
   * @param isKept whether a path is not to be removed however old it is
   * @returns the paths that were removed
   */
  async sweep(beforeMs: number, isKept: (path: string) => boolean): Promise<string[]> {
    this.#usedBytes -= await this.#unfinished.sweep(beforeMs)
    const removed: string[] = []
    for (const { path, modifiedMs } of await this.list()) {
      if (modifiedMs >= beforeMs || isKept(path) || this.#busy.has(path)) continue
      await this.#alone(path, () => this.#dropFile(path))
      removed.push(path)
    }
    return removed
  }

  #checkSize({ path, begin, bytesTotal }: UploadPart): void {
    if (bytesTotal > fileSizeBytesMax) {
      throw new MillraceError(
        'parameterInvalid',
        `the upload '${path}': expected at most ${fileSizeBytesMax} bytes, got ${bytesTotal}`,
      )
    }
    const newBytes = bytesTotal - begin
    if (this.#usedBytes + newBytes > this.bytesMax) throw this.#overQuota(path, newBytes)
  }

  #overQuota(path: string, newBytes: number): MillraceError {
    return new MillraceError(
      'quotaExceeded',
      `the upload '${path}' needs ${newBytes} bytes more, and ${Math.max(0, this.bytesMax - this.#usedBytes)} of ${this.bytesMax} are free: delete uploads, or raise --upload-quota`,
    )
  }

  async #alone<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#busy.has(path)) {
      throw new MillraceError(
        'serviceUnavailable',
        `the upload '${path}' is being written just now`,
      )
    }
    this.#busy.add(path)
    try {
      return await work()
    } catch (error) {
      throw error instanceof MillraceError ? error : systemError(path, error)
    } finally {
      this.#busy.delete(path)
    }
  }

  async #targetOf({ path, begin, bytesTotal }: UploadPart): Promise<UnfinishedUpload> {
    if (begin === 0) await this.#dropUnfinished(path)
    const nothing = { file: '', byteLength: 0, bytesTotal }
    const there = begin > 0 ? ((await this.#unfinished.find(path)) ?? nothing) : null
    return there ?? this.#unfinished.begin(path, bytesTotal)
  }

  async #append(target: UnfinishedUpload, part: UploadPart): Promise<number> {
    const { path, begin, length, body } = part
    const handle = await this.#unfinished.open(target)
    let byteLength = begin
    try {
      for await (const bytes of body) {
        if (byteLength + bytes.byteLength > begin + length) throw otherLength(part, 'more')
        if (this.#usedBytes + bytes.byteLength > this.bytesMax) {
          throw this.#overQuota(path, bytes.byteLength)
        }
        this.#usedBytes += bytes.byteLength
        byteLength += bytes.byteLength
        await writeAll(handle, bytes)
      }
    } finally {
      await handle.sync()
      await handle.close()
    }
    if (byteLength < begin + length) throw otherLength(part, String(byteLength - begin))
    return byteLength
  }

  async #finish(path: string, { file }: UnfinishedUpload): Promise<void> {
    const made = await makeFolders(this.path, uploadSegments(path).slice(0, -1))
    const target = join(this.path, path)
    const replacedBytes = (await fileSize(target)) ?? 0
    await rename(file, target)
    this.#usedBytes -= replacedBytes
    for (const folder of new Set([dirname(target), ...made])) await syncFolder(folder)
  }

  async #dropUnfinished(path: string): Promise<void> {
    const unfinished = await this.#unfinished.find(path)
    if (!unfinished) return
    await rm(unfinished.file, { force: true })
    this.#usedBytes -= unfinished.byteLength
  }

  async #dropFile(path: string): Promise<void> {
    const byteLength = await fileSize(join(this.path, path))
    if (byteLength === null) return
    await removeFile(this.path, uploadSegments(path))
    this.#usedBytes -= byteLength
  }
}

async function writeAll(
  handle: { write(bytes: Uint8Array, offset: number): Promise<{ bytesWritten: number }> },
  bytes: Uint8Array,
): Promise<void> {
  let offset = 0
  while (offset < bytes.byteLength) offset += (await handle.write(bytes, offset)).bytesWritten
}

function otherLength({ path, length }: UploadPart, got: string): MillraceError {
  return new MillraceError(
    'parameterInvalid',
    `the upload '${path}': expected ${length} bytes, got ${got}`,
  )
}

function systemError(path: string, error: unknown): MillraceError {
  const isFull = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
  const text = `the upload '${path}' could not be written: ${systemErrorText(error)}`
  return new MillraceError(isFull ? 'quotaExceeded' : 'ioFailed', text, {}, error)
}
