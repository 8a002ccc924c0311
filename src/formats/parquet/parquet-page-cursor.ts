import { giveWay } from '../../workers/give-way.js'
import type { ValueCursor } from './parquet-fixed-values.js'
import type { HybridCursor } from './parquet-hybrid.js'
import { cursorOf, type Sink } from './parquet-leaf-values.js'
import type { ParquetPages } from './parquet-pages.js'
import type { ParquetLeaf } from './parquet-schema.js'

/** The page that is being read, and what of its levels is left. */
export class PageCursor {
  readonly #leaf: ParquetLeaf
  readonly #pages: ParquetPages
  levelsLeft = 0
  repetition: HybridCursor | null = null
  #definition: HybridCursor | null = null
  values!: ValueCursor<Sink>

  constructor(leaf: ParquetLeaf, pages: ParquetPages) {
    this.#leaf = leaf
    this.#pages = pages
  }

  get bytesRead(): number {
    return this.#pages.bytesRead
  }

  /** Goes on to the next page where the last one is used up; false at the end. */
  async hasLevels(): Promise<boolean> {
    giveWay()
    if (this.levelsLeft > 0) return true
    const page = await this.#pages.next()
    if (page === null) return false
    this.levelsLeft = page.levelCount
    this.repetition = page.repetition
    this.#definition = page.definition
    this.values = cursorOf(this.#leaf, page, this.#pages.dictionary)
    return true
  }

  /** Reads definition levels, or returns false: all values are there. */
  readDefinition(levels: Uint8Array, count: number): boolean {
    if (this.#definition === null) return false
    if (this.#definition.passRun(this.#leaf.definitionMax, count)) return false
    this.#definition.read(levels, 0, count)
    return true
  }
}
