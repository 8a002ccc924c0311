import { layoutOf } from '../../column/column.js'
import { MillraceError } from '../../errors.js'
import type { Field } from '../../schema/field.js'
import type { ArrowRows, ArrowRowsReader } from '../arrow/arrow-batch-reader.js'
import type { MatchedColumn } from '../arrow/arrow-match.js'
import { decodingReason, importError } from '../import-error.js'
import { batchRowsOf } from './parquet-batch-rows.js'
import { ColumnFeed } from './parquet-column-feed.js'
import type { ParquetFile } from './parquet-file.js'
import { FlatLeafReader } from './parquet-flat-leaf.js'
import type { LeafReader } from './parquet-leaf-reader.js'
import { ListLeafReader } from './parquet-list-leaf.js'
import { matchedLeavesOf } from './parquet-matched-leaves.js'
import { NestedLeafReader } from './parquet-nested-leaf.js'
import { ParquetPages } from './parquet-pages.js'
import type { ParquetLeaf } from './parquet-schema.js'

/** Rows of some row groups that follow each other. */
interface ParquetRowRange {
  /** Rows of the file. */
  readonly rowBegin: number
  readonly rowEnd: number
  /** What of the file's bytes they stand for. */
  readonly bytes: number
}

interface GroupPlace {
  readonly index: number
  readonly rowBegin: number
  readonly rowCount: number
}

/** Reads row groups one after the other, all columns in step, a page of each at a time. */
export class ParquetRowsReader implements ArrowRowsReader {
  readonly #file: ParquetFile
  readonly #matched: readonly MatchedColumn[]
  readonly #groups: readonly GroupPlace[]
  readonly #range: ParquetRowRange
  readonly #rowsMax: number
  readonly #storedBytes: number
  #nextGroup = 0
  #feeds: readonly ColumnFeed[] = []
  #rowsLeft = 0
  #row: number
  /** Stored bytes of the groups before. */
  #bytesBefore = 0

  /** @param row where reading begins, of the file */
  constructor(
    file: ParquetFile,
    matched: readonly MatchedColumn[],
    range: ParquetRowRange,
    row: number,
  ) {
    this.#file = file
    this.#matched = matched
    this.#range = range
    this.#row = row
    this.#groups = groupsIn(file, range)
    this.#rowsMax = batchRowsOf(file, matched)
    this.#storedBytes = this.#groups.reduce((sum, group) => sum + this.#storedBytesOf(group), 0)
  }

  /** Of the range's bytes, as large a part as of the bytes of the columns that are read. */
  get bytesRead(): number {
    const inGroup = this.#feeds.reduce((sum, feed) => sum + feed.bytesRead, 0)
    if (this.#row >= this.#range.rowEnd || this.#storedBytes === 0) return this.#range.bytes
    return Math.floor((this.#range.bytes * (this.#bytesBefore + inGroup)) / this.#storedBytes)
  }

  async next(): Promise<ArrowRows | null> {
    while (this.#rowsLeft === 0) if (!(await this.#openGroup())) return null
    return this.#read(Math.min(this.#rowsMax, this.#rowsLeft))
  }

  close(): void {
    this.#feeds = []
    this.#rowsLeft = 0
    this.#nextGroup = this.#groups.length
  }

  async #openGroup(): Promise<boolean> {
    await this.#finishGroup()
    const group = this.#groups[this.#nextGroup++]
    if (!group) return false
    const groupEnd = group.rowBegin + group.rowCount
    if (groupEnd <= this.#row) {
      this.#bytesBefore += this.#storedBytesOf(group)
      return true
    }
    this.#feeds = this.#matched.map((matched) => this.#feedOf(matched, group))
    const behind = this.#row - group.rowBegin
    this.#rowsLeft = group.rowCount
    this.#row = group.rowBegin
    while (group.rowCount - this.#rowsLeft < behind) {
      const passed = group.rowCount - this.#rowsLeft
      await this.#read(Math.min(this.#rowsMax, behind - passed))
    }
    return true
  }

  async #finishGroup(): Promise<void> {
    for (const feed of this.#feeds) await feed.finish()
    const group = this.#groups[this.#nextGroup - 1]
    if (this.#feeds.length > 0 && group) this.#bytesBefore += this.#storedBytesOf(group)
    this.#feeds = []
  }

  /** Columns whose rows are too long give fewer; the others keep the rest for the next batch. */
  async #read(rowsMax: number): Promise<ArrowRows> {
    let rowCount = rowsMax
    for (const feed of this.#feeds) rowCount = Math.min(rowCount, await feed.fill(rowsMax))
    const columns = this.#feeds.map((feed) => feed.take(rowCount))
    this.#rowsLeft -= rowCount
    this.#row += rowCount
    return { rowCount, columns }
  }

  #feedOf(matched: MatchedColumn, { index, rowBegin }: GroupPlace): ColumnFeed {
    const { source, rowGroups, columns } = this.#file
    const { field } = matched
    const fail = (error: unknown, rowsRead: number) =>
      pageError(error, { file: source.name, field: field.name }, rowBegin + rowsRead)
    try {
      const leaves = matchedLeavesOf(columns, matched).map((leaf) => {
        const { meta_data } = rowGroups[index].columns[leaf.leafIndex]
        return leafReaderOf(leaf, new ParquetPages(source, leaf, meta_data!), field)
      })
      return new ColumnFeed(leaves, fail)
    } catch (error) {
      throw fail(error, 0)
    }
  }

  #storedBytesOf({ index }: GroupPlace): number {
    const group = this.#file.rowGroups[index]
    return this.#matched.reduce((sum, matched) => {
      const leaves = matchedLeavesOf(this.#file.columns, matched)
      return sum + storedBytesOf(leaves.map(({ leafIndex }) => group.columns[leafIndex]))
    }, 0)
  }
}

function leafReaderOf(leaf: ParquetLeaf, pages: ParquetPages, field: Field): LeafReader {
  if (leaf.emptyListLevel === null) return new FlatLeafReader(leaf, pages)
  if (leaf.outerEmptyLevel === null) {
    return new ListLeafReader(leaf, pages, valuesPerRowOf(field))
  }
  return new NestedLeafReader(leaf, pages, valuesPerRowOf(field))
}

function pageError(
  thrown: unknown,
  place: { file: string; field: string },
  row: number,
): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  return importError(
    place,
    `expected the pages of a column from row ${row} on, got ones that cannot be read: ${decodingReason(thrown)}`,
    thrown,
  )
}

function groupsIn({ rowGroups }: ParquetFile, { rowBegin, rowEnd }: ParquetRowRange): GroupPlace[] {
  const groups: GroupPlace[] = []
  let row = 0
  rowGroups.forEach(({ num_rows }, index) => {
    const rowCount = Number(num_rows)
    if (rowCount > 0 && row >= rowBegin && row < rowEnd)
      groups.push({ index, rowBegin: row, rowCount })
    row += rowCount
  })
  return groups
}

function valuesPerRowOf(field: Field): number {
  const layout = layoutOf(field)
  return layout.shape === 'fixed' ? layout.width : 4
}

function storedBytesOf(columns: ParquetFile['rowGroups'][number]['columns']): number {
  return columns.reduce((sum, { meta_data }) => sum + Number(meta_data!.total_compressed_size), 0)
}
