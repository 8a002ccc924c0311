import * as zlib from 'node:zlib'
import type { ColumnMetaData } from 'hyparquet'
import type { ByteSource } from '../../source/byte-source.js'
import { type ByteRanges, longestOf, plainByteRanges } from './parquet-bytes-values.js'
import { decodePage } from './parquet-codec.js'
import { HybridCursor } from './parquet-hybrid.js'
import { decodePageHeader, Encoding, type PageHeader, PageType } from './parquet-page-header.js'
import type { ParquetLeaf } from './parquet-schema.js'
import { ThriftEnd } from './parquet-thrift.js'
import { SourceWindow } from './parquet-window.js'

/** A page of values, and the levels that say where they belong. */
export interface DataPage {
  /** Values and nulls and empty lists. */
  readonly levelCount: number
  readonly repetition: HybridCursor | null
  readonly definition: HybridCursor | null
  readonly bytes: Uint8Array
  /** Where the values begin in `bytes`. */
  readonly valuesBegin: number
  readonly encoding: number
}

export interface Dictionary {
  readonly bytes: Uint8Array
  /** Of values that have a length each. */
  readonly ranges: ByteRanges | null
  readonly lengthMax: number
}

/** A page is read, and stands decoded in memory, at once. */
const pageBytesMax = 256 * 1024 ** 2
const headerBytesFirst = 1024
const headerBytesMax = 16 * 1024 ** 2

/** Reads the pages of one column of one row group, one at a time. */
export class ParquetPages {
  readonly #leaf: ParquetLeaf
  readonly #codecName: string
  readonly #window: SourceWindow
  #levelsLeft: number
  dictionary: Dictionary | null = null

  constructor(source: ByteSource, leaf: ParquetLeaf, column: ColumnMetaData) {
    this.#leaf = leaf
    this.#codecName = column.codec
    const begin = beginOf(column)
    this.#window = new SourceWindow(source, begin, begin + Number(column.total_compressed_size))
    this.#levelsLeft = Number(column.num_values)
  }

  /** Bytes of the file used so far. */
  get bytesRead(): number {
    return this.#window.bytesUsed
  }

  /** The next page that has values, or null at the end. */
  async next(): Promise<DataPage | null> {
    while (this.#levelsLeft > 0) {
      const header = await this.#readHeader()
      checkSizes(header)
      const stored = await this.#window.take(header.storedBytes)
      checkCrc(header, stored)
      if (header.pageType === PageType.Dictionary)
        this.dictionary = this.#dictionary(header, stored)
      const page = this.#dataPage(header, stored)
      if (page === null || page.levelCount === 0) continue
      this.#levelsLeft -= page.levelCount
      if (this.#levelsLeft < 0) throw new Error('the pages have more values than the column')
      return page
    }
    return null
  }

  async #readHeader(): Promise<PageHeader> {
    for (let wanted = headerBytesFirst; ; wanted *= 8) {
      const bytes = await this.#window.peek(wanted)
      try {
        const header = decodePageHeader(bytes, 0)
        this.#window.pass(header.headerBytes)
        return header
      } catch (error) {
        const isAll = bytes.length < wanted || wanted > headerBytesMax
        if (!(error instanceof ThriftEnd) || isAll) throw error
      }
    }
  }

  #dictionary(header: PageHeader, stored: Uint8Array): Dictionary {
    if (this.dictionary) throw new Error('a second dictionary page')
    const bytes = aligned(decodePage(this.#codecName, stored, header.plainBytes))
    if (this.#leaf.width !== null) return { bytes, ranges: null, lengthMax: this.#leaf.width }
    const ranges = plainByteRanges(bytes, header.valueCount)
    return { bytes, ranges, lengthMax: longestOf(ranges) }
  }

  #dataPage(header: PageHeader, stored: Uint8Array): DataPage | null {
    if (header.pageType === PageType.Data) return this.#dataPageV1(header, stored)
    return header.pageType === PageType.DataV2 ? this.#dataPageV2(header, stored) : null
  }

  /** Levels with their length in four bytes before them, then the values, all compressed together. */
  #dataPageV1(header: PageHeader, stored: Uint8Array): DataPage {
    const bytes = decodePage(this.#codecName, stored, header.plainBytes)
    let position = 0
    const levels = (levelMax: number, encoding: number): HybridCursor | null => {
      if (levelMax === 0) return null
      if (encoding !== Encoding.Rle) throw new Error(`unsupported encoding ${encoding} of levels`)
      const begin = position + 4
      position = begin + lengthAt(bytes, position)
      return new HybridCursor(bytes, begin, position, bitsOf(levelMax))
    }
    const repetition = levels(this.#repetitionMax, header.repetitionEncoding)
    const definition = levels(this.#leaf.definitionMax, header.definitionEncoding)
    return {
      levelCount: header.valueCount,
      repetition,
      definition,
      bytes,
      valuesBegin: position,
      encoding: header.encoding,
    }
  }

  #dataPageV2(header: PageHeader, stored: Uint8Array): DataPage {
    const { repetitionBytes, definitionBytes, plainBytes } = header
    const levelBytes = repetitionBytes + definitionBytes
    if (repetitionBytes < 0 || definitionBytes < 0 || levelBytes > stored.length) {
      throw new Error(`a page of ${stored.length} bytes with ${levelBytes} bytes of levels`)
    }
    const values = stored.subarray(levelBytes)
    const isStored = !header.isCompressed || values.length === 0
    const bytes = isStored ? values : decodePage(this.#codecName, values, plainBytes - levelBytes)
    const levels = (levelMax: number, begin: number, end: number) =>
      levelMax === 0 ? null : new HybridCursor(stored, begin, end, bitsOf(levelMax))
    return {
      levelCount: header.valueCount,
      repetition: levels(this.#repetitionMax, 0, repetitionBytes),
      definition: levels(this.#leaf.definitionMax, repetitionBytes, levelBytes),
      bytes,
      valuesBegin: 0,
      encoding: header.encoding,
    }
  }

  get #repetitionMax(): number {
    const { emptyListLevel, outerEmptyLevel } = this.#leaf
    return Number(emptyListLevel !== null) + Number(outerEmptyLevel !== null)
  }
}

/** Some writers give 0 where there is no dictionary, some a place after the first page. */
function beginOf({ dictionary_page_offset, data_page_offset }: ColumnMetaData): number {
  const dataBegin = Number(data_page_offset)
  const dictionaryBegin = Number(dictionary_page_offset ?? 0)
  return dictionaryBegin > 0 && dictionaryBegin < dataBegin ? dictionaryBegin : dataBegin
}

function checkSizes({ storedBytes, plainBytes, valueCount }: PageHeader): void {
  const sizes = [storedBytes, plainBytes, valueCount]
  if (sizes.some((size) => size < 0))
    throw new Error(`a page of ${sizes.join(', ')} bytes and values`)
  if (storedBytes <= pageBytesMax && plainBytes <= pageBytesMax) return
  throw new Error(
    `expected pages of at most ${pageBytesMax} bytes, got ${Math.max(storedBytes, plainBytes)}`,
  )
}

interface CrcOfNode {
  /** Absent before Node 20.15. */
  crc32?(bytes: Uint8Array): number
}

function checkCrc({ crc }: PageHeader, stored: Uint8Array): void {
  if (crc === null) return
  const found = (zlib as unknown as CrcOfNode).crc32?.(stored)
  if (found === undefined || found === crc) return
  throw new Error(`expected a page with the checksum ${crc}, got ${found}`)
}

function lengthAt(bytes: Uint8Array, position: number): number {
  if (position + 4 > bytes.length) throw new Error('the page ends before its levels do')
  return new DataView(bytes.buffer, bytes.byteOffset + position).getUint32(0, true)
}

function bitsOf(levelMax: number): number {
  return 32 - Math.clz32(levelMax)
}

/** Of its own, so that it outlives the window, and whole words lie at their places. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.slice()
}
