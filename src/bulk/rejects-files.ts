import { createReadStream, existsSync, renameSync, rmSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImportTask } from './import-task.js'
import { placeBefore } from './unit-place.js'

/**
 * The rows that imports left out, a file for each task:
 *
 *     <rejects>/<task id>.part     while rows are read: steps append to it, each with its unit's number
 *     <rejects>/<task id>.jsonl    afterwards: {"file","row","byte_offset","field","reason","raw"}
 *
 * Which row of its file a row is can be told only when the parts before it are read.
 */
export class RejectsFiles {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** @param byteLength what of the file counts, with `text` at its end */
  async append(taskId: bigint, byteLength: number, text: string): Promise<void> {
    if (text === '') return
    await mkdir(this.#path, { recursive: true })
    const bytes = Buffer.from(text)
    const part = await open(this.#partPath(taskId), 'a')
    try {
      // A step that was not committed may have left lines.
      await part.truncate(byteLength - bytes.length)
      await part.writeFile(bytes)
      await part.sync()
    } finally {
      await part.close()
    }
  }

  /** Makes the file that users get. */
  async finish(task: ImportTask): Promise<void> {
    if (task.rejectsBytes === 0) return
    const written = `${this.#filePath(task.taskId)}.new`
    const target = await open(written, 'w')
    try {
      for await (const lines of this.#linesOf(task)) await target.write(lines)
      await target.sync()
    } finally {
      await target.close()
    }
    renameSync(written, this.#filePath(task.taskId))
  }

  /** For when the finished file's task is durable. */
  dropPart(taskId: bigint): void {
    rmSync(this.#partPath(taskId), { force: true })
  }

  /** The finished file's bytes; none where nothing was left out. */
  async *read(taskId: bigint): AsyncIterable<Uint8Array> {
    const path = this.#filePath(taskId)
    if (existsSync(path)) yield* createReadStream(path)
  }

  remove(taskId: bigint): void {
    this.dropPart(taskId)
    rmSync(this.#filePath(taskId), { force: true })
  }

  async *#linesOf(task: ImportTask): AsyncIterable<string> {
    const plan = task.plan!
    const firstRows = plan.units.map((_, unitIndex) => placeBefore(plan, unitIndex).row)
    const part = await open(this.#partPath(task.taskId))
    try {
      for await (const line of part.readLines({ end: task.rejectsBytes - 1 })) {
        const { unit, file, row, ...rest } = JSON.parse(line)
        const firstRow = firstRows[unit]
        yield `${JSON.stringify({ file, row: firstRow === null ? null : firstRow + row, ...rest })}\n`
      }
    } finally {
      await part.close()
    }
  }

  #partPath(taskId: bigint): string {
    return join(this.#path, `${taskId}.part`)
  }

  #filePath(taskId: bigint): string {
    return join(this.#path, `${taskId}.jsonl`)
  }
}
