import { Buffer } from 'node:buffer'
import type { BytesColumn, ListColumn } from '../column/column.js'
import { endsOf, writeText } from './json-columns.js'
import {
  elementOffset,
  jsonKeyKinds,
  jsonKeyTypes,
  jsonPathKey,
  writeSortedDouble,
} from './json-keys.js'
import { eachJsonValue } from './json-rows.js'
import { jsonFlagAt, jsonNumberAt } from './json-scalar.js'
import {
  type JsonStep,
  jsonFirstElement,
  jsonIsVoid,
  jsonKeyAt,
  jsonKindAt,
  jsonMemberValue,
  jsonNextElement,
  jsonSkip,
} from './json-scan.js'

/**
 * All that lies at a path of each row's document and below it, as texts of json-keys.ts. Of arrays the
 * elements are told, but not what lies in them. Where it would be too much, nothing is told, not even that
 * there is the path.
 */
export function jsonFlatColumn(
  path: readonly JsonStep[],
  column: BytesColumn,
  rowCount: number,
  bytesMax = 2 ** 30,
): ListColumn {
  const keys = new KeyWriter()
  const root = keys.nodeOf([])
  const counts = new Int32Array(rowCount + 1)
  let written = 0
  eachJsonValue(path, column, rowCount, null, (row, bytes, position, end) => {
    if (keys.byteLength > bytesMax) return
    keys.write(root, row, bytes, position, end)
    counts[row + 1] = keys.count - written
    written = keys.count
  })
  const { validity } = column
  const isTooMuch = keys.byteLength > bytesMax
  const offsets = isTooMuch ? new Int32Array(rowCount + 1) : endsOf(counts)
  return { shape: 'list', offsets, child: keys.finish(), validity }
}

/** A path that occurs. */
interface PathNode {
  readonly keys: readonly string[]
  /** In the order in which paths were found. */
  readonly number: number
  readonly children: Map<string, PathNode>
  /** Of two members with one key the first counts. */
  lastRow: number
}

class KeyWriter {
  readonly #nodes: PathNode[] = []
  #bytes = Buffer.alloc(startBytes)
  #end = 0
  #ends = new Int32Array(startBytes / 16)
  count = 0

  get byteLength(): number {
    return this.#end
  }

  nodeOf(keys: readonly string[]): PathNode {
    const node = { keys, number: this.#nodes.length, children: new Map(), lastRow: -1 }
    this.#nodes.push(node)
    return node
  }

  /** Writes what a value tells, and what is below it. */
  write(node: PathNode, row: number, bytes: Buffer, position: number, end: number): void {
    if (node.lastRow === row) return
    if (node.lastRow < 0) this.#addPath(node)
    node.lastRow = row
    const kind = jsonKindAt(bytes, position)
    if (kind === 'null') return
    this.#addKind(node, kind)
    if (kind === 'object') this.#writeMembers(node, row, bytes, position, end)
    else if (kind === 'array') this.#writeElements(node, bytes, position, end)
    else this.#addValue(node, 0, bytes, position, end)
    const isContainer = kind === 'object' || kind === 'array'
    if (isContainer && jsonIsVoid(bytes, position, end)) this.#addKind(node, 'void')
  }

  /** The texts; paths are numbered as they sort. */
  finish(): BytesColumn {
    const bytes = this.#bytes.subarray(0, this.#end)
    const offsets = this.#ends.subarray(0, this.count + 1)
    const sorted = this.#nodes
      .map(({ keys, number }) => ({ key: Buffer.from(jsonPathKey(keys)), number }))
      .sort((left, right) => Buffer.compare(left.key, right.key))
    const numbers = new Uint32Array(sorted.length)
    for (const [place, { number }] of sorted.entries()) numbers[number] = place
    for (let at = 0; at < this.count; at++) {
      const begin = offsets[at]
      if (bytes[begin] === jsonKeyTypes.path) continue
      bytes.writeUInt32BE(numbers[bytes.readUInt32BE(begin + 1)], begin + 1)
    }
    return { shape: 'bytes', offsets, bytes, validity: null }
  }

  #writeMembers(node: PathNode, row: number, bytes: Buffer, position: number, end: number): void {
    let member = jsonFirstElement(bytes, position, end)
    while (member >= 0) {
      const value = jsonMemberValue(bytes, member, end)
      const key = jsonKeyAt(bytes, member, end)
      this.write(this.#childOf(node, key), row, bytes, value, end)
      member = jsonNextElement(bytes, value, end)
    }
  }

  #childOf(node: PathNode, key: string): PathNode {
    const known = node.children.get(key)
    if (known) return known
    const child = this.nodeOf([...node.keys, key])
    node.children.set(key, child)
    return child
  }

  #writeElements(node: PathNode, bytes: Buffer, position: number, end: number): void {
    let element = jsonFirstElement(bytes, position, end)
    for (; element >= 0; element = jsonNextElement(bytes, element, end)) {
      this.#addValue(node, elementOffset, bytes, element, end)
    }
  }

  #addPath({ keys }: PathNode): void {
    const key = jsonPathKey(keys)
    this.#bytes.set(key, this.#reserve(key.length))
    this.#finishKey(key.length)
  }

  #addKind({ number }: PathNode, kind: keyof typeof jsonKeyKinds): void {
    this.#startKey(jsonKeyTypes.kind, number, 1)
    this.#bytes[this.#end + 5] = jsonKeyKinds[kind]
    this.#finishKey(6)
  }

  /** A scalar, at a path or in an array; other elements tell nothing. */
  #addValue(node: PathNode, offset: number, bytes: Buffer, position: number, end: number): void {
    switch (jsonKindAt(bytes, position)) {
      case 'flag':
        this.#startKey(jsonKeyTypes.flag + offset, node.number, 1)
        this.#bytes[this.#end + 5] = jsonFlagAt(bytes, position) ? 1 : 0
        this.#finishKey(6)
        break
      case 'number':
        this.#addNumber(node, offset, jsonNumberAt(bytes, position, end))
        break
      case 'text': {
        const after = jsonSkip(bytes, position, end)
        this.#startKey(jsonKeyTypes.text + offset, node.number, after - position)
        const length = writeText(bytes, position, after, this.#bytes, this.#end + 5)
        this.#finishKey(5 + length)
      }
    }
  }

  #addNumber(node: PathNode, offset: number, number: number | bigint): void {
    const double = Number(number)
    if (Math.abs(double) >= 2 ** 53) {
      this.#addKind(node, offset === 0 ? 'largeNumber' : 'largeElement')
    }
    this.#startKey(jsonKeyTypes.number + offset, node.number, 8)
    writeSortedDouble(this.#bytes, this.#end + 5, double)
    this.#finishKey(13)
  }

  #startKey(type: number, pathNumber: number, valueBytes: number): void {
    const at = this.#reserve(5 + valueBytes)
    this.#bytes[at] = type
    this.#bytes.writeUInt32BE(pathNumber, at + 1)
  }

  #reserve(byteLength: number): number {
    if (this.#end + byteLength > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#end + byteLength))
      this.#bytes.copy(larger)
      this.#bytes = larger
    }
    return this.#end
  }

  #finishKey(byteLength: number): void {
    this.#end += byteLength
    if (this.count + 2 > this.#ends.length) {
      const larger = new Int32Array(this.#ends.length * 2)
      larger.set(this.#ends)
      this.#ends = larger
    }
    this.#ends[++this.count] = this.#end
  }
}

const startBytes = 1 << 16
