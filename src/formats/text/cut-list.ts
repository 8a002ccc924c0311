import { JsonDepth } from '../../kernels/json-depth.js'
import type { ByteSource } from '../../source/byte-source.js'
import { targetsOf } from './cut-text.js'
import { rowBytesMax } from './text-window.js'

/**
 * Places between two rows of a JSON list, each before a comma, near even places.
 *
 * An object that begins behind another one, `}, {"a`, lies outside of strings: in one, its quote would be the
 * end, and no letter comes behind that. It is a row unless it lies in a list of a row's; such a list ends
 * before its row does, and rows have a greatest length: so far, the brackets behind the place are followed.
 * @param depth of the rows: 1 in a list, 2 in the list of an object
 */
export async function cutList(
  source: ByteSource,
  headEnd: number,
  depth: number,
  partCount: number,
): Promise<number[]> {
  const cuts: number[] = []
  const search = new RowSearch(source, depth)
  for (const target of targetsOf(source, headEnd, partCount)) {
    if (target < (cuts.at(-1) ?? headEnd)) continue
    const cut = await search.rowEndBehind(target)
    if (cut < 0) break
    cuts.push(cut)
  }
  return cuts
}

const betweenObjects = /\}[ \t\r\n]*,[ \t\r\n]*\{[ \t\r\n]*"[A-Za-z_$]/g
/** Behind the list, there is little more than the end of the object that it is in. */
const tailBytesMax = 64 * 1024
/** Where rows hold so many lists of objects, the file is not worth being cut. */
const listsMax = 1000

class RowSearch {
  readonly #source: ByteSource
  readonly #depth: number
  readonly #follower = new JsonDepth()

  constructor(source: ByteSource, depth: number) {
    this.#source = source
    this.#depth = depth
  }

  /** -1 where none is found. */
  async rowEndBehind(target: number): Promise<number> {
    const { chunk } = this.#follower
    const searchEnd = target + rowBytesMax
    let listCount = 0
    for (let position = target; position < searchEnd && listCount < listsMax; ) {
      const count = await this.#source.read(position, chunk)
      const text = Buffer.from(chunk.buffer, chunk.byteOffset, count).toString('latin1')
      betweenObjects.lastIndex = 0
      const match = betweenObjects.exec(text)
      if (match) {
        const comma = position + match.index + match[0].indexOf(',')
        const listEnd = await this.#endOfList(comma)
        if (listEnd < 0) return comma
        position = listEnd + 1
        listCount++
      } else {
        if (count < chunk.byteLength) return -1
        position += count - 1
      }
    }
    return -1
  }

  /** Where the list ends that lies in a row, -1 where it is the list of the rows. */
  async #endOfList(begin: number): Promise<number> {
    const { chunk } = this.#follower
    this.#follower.start()
    for (let position = begin; position < begin + rowBytesMax; ) {
      const count = await this.#source.read(position, chunk)
      const at = this.#follower.follow(0, count, 0)
      if (at >= 0) return (await this.#isTail(position + at)) ? -1 : position + at
      if (count < chunk.byteLength) return position + count
      position += count
    }
    return -1
  }

  /** Whether what follows the end of a list is the end of the file. */
  async #isTail(listEnd: number): Promise<boolean> {
    const begin = listEnd + 1
    const { byteLength } = this.#source
    if (byteLength - begin > tailBytesMax) return false
    const count = await this.#source.read(begin, this.#follower.chunk)
    const isBelow = this.#follower.follow(0, count, -this.#depth) >= 0
    return !isBelow && this.#follower.depth === -this.#depth
  }
}
