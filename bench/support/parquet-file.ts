import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { randomFloats } from './files.js'

/**
 * Writes rows of `id` and `vector`, a list of float32, as Parquet: plain pages, no compression. A page is
 * levels as runs, each with its length before it, then the values.
 */
export function writeParquet(path: string, rowCount: number, dim: number): void {
  const file = new ParquetOutput(path)
  const random = randomFloats(7)
  const groupRows = Math.max(1, Math.ceil(groupBytes / (dim * 4)))
  for (let first = 0; first < rowCount; first += groupRows) {
    const count = Math.min(groupRows, rowCount - first)
    const ids = BigInt64Array.from({ length: count }, (_, row) => BigInt(first + row))
    const id = file.column(['id'], typeInt64, [page(count, [], ids)])
    const vector = file.column(
      ['vector', 'list', 'element'],
      typeFloat,
      vectorPages(count, dim, random),
    )
    file.endGroup(count, [id, vector])
  }
  file.close(rowCount)
}

const groupBytes = 32 * 1024 ** 2
const pageBytes = 1024 ** 2
const typeInt64 = 2
const typeFloat = 4

interface Page {
  readonly valueCount: number
  readonly bytes: Buffer
}

function* vectorPages(
  rowCount: number,
  dim: number,
  random: (count: number) => Float32Array,
): IterableIterator<Page> {
  const pageRows = Math.max(1, Math.floor(pageBytes / (dim * 4)))
  const row = Buffer.concat([run(1, 0), run(dim - 1, 1)])
  for (let first = 0; first < rowCount; first += pageRows) {
    const count = Math.min(pageRows, rowCount - first)
    const repetition = Buffer.concat(Array.from({ length: count }, () => row))
    yield page(count * dim, [repetition, run(count * dim, 1)], random(count * dim))
  }
}

function page(valueCount: number, levels: readonly Buffer[], values: ArrayBufferView): Page {
  const { buffer, byteOffset, byteLength } = values
  const withLengths = levels.flatMap((bytes) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return [length, bytes]
  })
  const bytes = Buffer.concat([...withLengths, Buffer.from(buffer, byteOffset, byteLength)])
  return { valueCount, bytes }
}

/** A run of levels of one bit. */
function run(count: number, level: number): Buffer {
  return count === 0
    ? Buffer.alloc(0)
    : Buffer.concat([varint(BigInt(count) << 1n), Buffer.from([level])])
}

class ParquetOutput {
  readonly #descriptor: number
  readonly #groups: Buffer[] = []
  #position = 0

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w')
    this.#write(Buffer.from('PAR1'))
  }

  /** Writes a column's pages; returns its place in the footer. */
  column(path: readonly string[], type: number, pages: Iterable<Page>): Buffer {
    const begin = this.#position
    let valueCount = 0
    for (const { valueCount: count, bytes } of pages) {
      const data = struct([1, i32(count)], [2, i32(0)], [3, i32(3)], [4, i32(3)])
      const sizes = i32(bytes.length)
      this.#write(struct([1, i32(0)], [2, sizes], [3, sizes], [5, [12, data]]))
      this.#write(bytes)
      valueCount += count
    }
    const byteLength = i64(this.#position - begin)
    const metaData = struct(
      [1, i32(type)],
      [2, listOf(5, [i32(0)[1]])],
      [
        3,
        listOf(
          8,
          path.map((name) => text(name)[1]),
        ),
      ],
      [4, i32(0)],
      [5, i64(valueCount)],
      [6, byteLength],
      [7, byteLength],
      [9, i64(begin)],
    )
    return struct([2, i64(begin)], [3, [12, metaData]])
  }

  endGroup(rowCount: number, columns: readonly Buffer[]): void {
    const byteLength = i64(this.#position)
    this.#groups.push(struct([1, listOf(12, columns)], [2, byteLength], [3, i64(rowCount)]))
  }

  close(rowCount: number): void {
    const footer = struct(
      [1, i32(1)],
      [2, listOf(12, schema)],
      [3, i64(rowCount)],
      [4, listOf(12, this.#groups)],
    )
    const length = Buffer.alloc(4)
    length.writeUInt32LE(footer.length)
    this.#write(Buffer.concat([footer, length, Buffer.from('PAR1')]))
    fsyncSync(this.#descriptor)
    closeSync(this.#descriptor)
  }

  #write(bytes: Buffer): void {
    this.#position += writeSync(this.#descriptor, bytes)
  }
}

/** A value in Thrift's compact protocol, after the number of its type. */
type Thrift = readonly [type: number, bytes: Buffer]

/** Fields rise by less than 16. */
function struct(...fields: readonly (readonly [id: number, value: Thrift])[]): Buffer {
  let last = 0
  const parts = fields.map(([id, [type, bytes]]) => {
    const head = Buffer.from([((id - last) << 4) | type])
    last = id
    return Buffer.concat([head, bytes])
  })
  return Buffer.concat([...parts, Buffer.from([0])])
}

function i32(value: number): Thrift {
  return [5, varint(BigInt(value) << 1n)]
}

function i64(value: number): Thrift {
  return [6, varint(BigInt(value) << 1n)]
}

function text(value: string): Thrift {
  return [8, Buffer.concat([varint(BigInt(value.length)), Buffer.from(value)])]
}

function listOf(type: number, items: readonly Buffer[]): Thrift {
  const head = items.length < 15 ? Buffer.from([(items.length << 4) | type]) : longHead(type, items)
  return [9, Buffer.concat([head, ...items])]
}

function longHead(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0xf0 | type]), varint(BigInt(items.length))])
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}

const required = 0
const repeated = 2
const convertedList = 3

const schema = [
  struct([4, text('schema')], [5, i32(2)]),
  struct([1, i32(typeInt64)], [3, i32(required)], [4, text('id')]),
  struct([3, i32(required)], [4, text('vector')], [5, i32(1)], [6, i32(convertedList)]),
  struct([3, i32(repeated)], [4, text('list')], [5, i32(1)]),
  struct([1, i32(typeFloat)], [3, i32(required)], [4, text('element')]),
]
