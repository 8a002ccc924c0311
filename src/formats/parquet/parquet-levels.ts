import { PageCursor } from './parquet-page-cursor.js'
import type { ParquetPages } from './parquet-pages.js'
import type { ParquetLeaf } from './parquet-schema.js'

const levelsOfFixed = 65_536
/** Few, since a level may stand for a long value. */
const levelsOfBytes = 4096

/** The levels of a leaf's pages, some of them at a time. */
export class LevelWindow {
  readonly page: PageCursor
  readonly repetition: Uint8Array
  readonly definition: Uint8Array
  /** The levels that were read and not yet used. */
  begin = 0
  end = 0
  /** Whether all values of the levels are there, so that `definition` was not read. */
  isAllPresent = true
  #isFirstRow = true

  constructor(leaf: ParquetLeaf, pages: ParquetPages) {
    this.page = new PageCursor(leaf, pages)
    const levelCount = leaf.width === null ? levelsOfBytes : levelsOfFixed
    this.repetition = new Uint8Array(levelCount)
    this.definition = new Uint8Array(levelCount)
  }

  /** Reads more where all were used; false at the end. */
  async fill(): Promise<boolean> {
    if (this.begin < this.end) return true
    if (!(await this.page.hasLevels())) return false
    const count = Math.min(this.page.levelsLeft, this.repetition.length)
    this.page.repetition!.read(this.repetition, 0, count)
    this.isAllPresent = !this.page.readDefinition(this.definition, count)
    this.page.levelsLeft -= count
    this.begin = 0
    this.end = count
    if (this.#isFirstRow && this.repetition[0] !== 0) throw new Error('the first row has no begin')
    this.#isFirstRow = false
    return true
  }
}
