/** A format for tests: a line a row, `id,text`; how many there are, only reading tells. */

import type { Column, ColumnBatch } from '../../dist/column/column.js'
import type {
  BatchReader,
  Checkpoint,
  Format,
  InputPart,
  ReadRequest,
} from '../../dist/formats/format.js'
import { importError } from '../../dist/formats/import-error.js'
import { formats } from '../../dist/formats/registry.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { ByteSource } from '../../dist/source/byte-source.js'
import type { WorkerContext, WorkerPool } from '../../dist/workers/worker-job.js'

const batchBytes = 1024 ** 2

const lineFormat: Format = {
  name: 'line',
  extensions: ['.line'],
  isRowFile: true,

  async outline([source]) {
    return { rowCount: null, bytesTotal: source.byteLength, warnings: [] }
  },

  async cut([source], _fields, _options, partCount): Promise<InputPart[]> {
    const bytes = await bytesOf(source, 0, source.byteLength)
    const ends = Array.from({ length: partCount }, (_, index) =>
      bytes.indexOf('\n', Math.floor((bytes.length * (index + 1)) / partCount) - 1),
    ).map((end) => end + 1)
    return ends.map((end, index) => {
      const begin = index === 0 ? 0 : ends[index - 1]
      return { begin, end, rowCount: null, bytes: end - begin }
    })
  },

  async open(request) {
    return new LineReader(request)
  },
}

class LineReader implements BatchReader {
  readonly #request: ReadRequest
  #position: number
  #row: number
  #last: { row: number; offset: number; text: string }[] = []

  constructor(request: ReadRequest) {
    this.#request = request
    this.#position = request.from?.position ?? request.part.begin
    this.#row = request.from?.row ?? 0
  }

  get bytesRead(): number {
    return this.#position - this.#request.part.begin
  }

  get checkpoint(): Checkpoint {
    return { position: this.#position, row: this.#row }
  }

  async next(): Promise<ColumnBatch | null> {
    const { part, sources, onReject } = this.#request
    const wanted = Math.min(batchBytes, part.end - this.#position)
    if (wanted === 0) return null
    const bytes = await bytesOf(sources[0], this.#position, this.#position + wanted)
    const end = bytes.lastIndexOf('\n') + 1
    this.#last = []
    let offset = this.#position
    for (const text of bytes.toString('latin1', 0, end - 1).split('\n')) {
      const row = this.#row++
      if (/^\d+,/.test(text)) this.#last.push({ row, offset, text })
      else if (onReject) {
        const reason = `expected a number, got ${text}`
        const place = { row, line: row, byteOffset: offset, field: 'id' }
        onReject({ ...place, reason, rawText: text })
      } else throw importError({ file: sources[0].name, row, field: 'id' }, 'expected a number')
      offset += text.length + 1
    }
    this.#position += end
    const columns = new Map<number, Column>()
    for (const field of this.#request.fields) {
      const at = field.dataType === DataType.Int64 ? 0 : 1
      const values = this.#last.map(({ text }) => text.split(',')[at])
      columns.set(field.fieldId, at === 0 ? numbers(values) : texts(values))
    }
    return { rowCount: this.#last.length, columns }
  }

  rowOf(batchRow: number): number {
    return this.#last[batchRow].row
  }

  rawRow(batchRow: number) {
    const { row, offset, text } = this.#last[batchRow]
    return { line: row, byteOffset: offset, text }
  }

  fileOf(): string {
    return this.#request.sources[0].name
  }

  close(): void {}
}

async function bytesOf(source: ByteSource, begin: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - begin)
  await source.read(begin, bytes)
  return bytes
}

function numbers(values: readonly string[]): Column {
  return { shape: 'fixed', values: BigInt64Array.from(values, BigInt), width: 1, validity: null }
}

function texts(values: readonly string[]): Column {
  const offsets = new Int32Array(values.length + 1)
  values.forEach((value, index) => {
    offsets[index + 1] = offsets[index] + value.length
  })
  return { shape: 'bytes', offsets, bytes: Buffer.from(values.join('')), validity: null }
}

/** Makes the format known here; the threads of a real pool would not know it. */
export function registerLineFormat(): void {
  ;(formats as Format[]).push(lineFormat)
}

/** Runs jobs in this thread. */
export function localPool(threadCount: number): WorkerPool {
  return {
    threadCount,
    async run(module, input, { signal, onProgress }) {
      const context: WorkerContext = {
        isCancelled: () => signal?.aborted ?? false,
        throwIfCancelled: () => signal?.throwIfAborted(),
        reportProgress: (value) => onProgress?.(value),
        transfer: () => {},
      }
      return (await import(module.href)).run(structuredClone(input), context)
    },
    async load() {},
    noteShortWork() {},
    async close() {},
  }
}
