import type { RejectedRow } from '../formats/format.js'
import { type BadRow, badRowFrom, badRowsKept } from './bad-row.js'

/** A step whose rejected rows take more text than this ends here. */
const textBytesMax = 16 * 1024 ** 2

/**
 * The rejected rows of one step, as lines of the rejects file. Those of a batch count once the batch is
 * kept. Their rows are still those of the part, of which `unit` says the number.
 */
export class StepRejects {
  readonly #unitIndex: number
  readonly #linesMax: number
  #pending: { readonly file: string; readonly rejected: RejectedRow }[] = []
  #lines: string[] = []
  #textBytes = 0
  readonly first: BadRow[] = []
  count = 0

  /** @param linesMax rows above it are counted, not written down */
  constructor(unitIndex: number, linesMax: number) {
    this.#unitIndex = unitIndex
    this.#linesMax = linesMax
  }

  add(file: string, rejected: RejectedRow): void {
    this.#pending.push({ file, rejected })
  }

  keepBatch(): void {
    this.count += this.#pending.length
    for (const { file, rejected } of this.#pending) {
      if (this.first.length < badRowsKept) {
        this.first.push(badRowFrom(this.#unitIndex, file, rejected))
      }
      if (this.#lines.length >= this.#linesMax) continue
      const { row, byteOffset, field, reason, rawText } = rejected
      const place = { unit: this.#unitIndex, file, row, byte_offset: byteOffset, field }
      const line = `${JSON.stringify({ ...place, reason, raw: rawText })}\n`
      this.#lines.push(line)
      this.#textBytes += line.length
    }
    this.#pending = []
  }

  dropBatch(): void {
    this.#pending = []
  }

  get isFull(): boolean {
    return this.#textBytes > textBytesMax
  }

  get text(): string {
    return this.#lines.join('')
  }
}
