import {
  chunkBytes,
  columnsAddress,
  columnsBytes,
  paddingBytes,
  powersAddress,
  type TextRowsKernels,
  type TextRowsMemory,
  tablesAddress,
  tablesBytes,
  textAddress,
  textRowsMemory,
} from './text-rows-memory.js'

/** How a cell is read. */
export const cellKinds = {
  ignored: 0,
  bool: 1,
  int8: 2,
  int16: 3,
  int32: 4,
  int64: 5,
  float: 6,
  double: 7,
  text: 8,
  json: 9,
  floatVector: 10,
  /** A member of the dynamic column. */
  dynamic: 11,
} as const

/** What becomes of a null; what is left, is read by others with all of its row. */
export const cellNulls = { refused: 0, written: 1, left: 2 } as const

export interface RowCell {
  readonly kind: number
  readonly nulls: number
  /** Of the column that takes its values; -1 where it has none of its own. */
  readonly columnIndex: number
  readonly dim: number
  /** In JSON, the key with its quotes; in CSV, that and a colon for a dynamic member. */
  readonly key: Uint8Array
}

export interface RowColumn {
  /** Of one row's value; 0: they differ. */
  readonly rowBytes: number
}

/** Calls the kernel of a grammar. @param tables where the bytes lie that were set for it */
export interface RowsGrammar {
  readonly bytes: Uint8Array
  open(kernels: TextRowsKernels, tables: number): void
  read(kernels: TextRowsKernels, text: number, end: number, rowsMax: number): number
}

/** The part `[begin, end)` of bytes, the first of which is byte `offset` of a whole text. */
interface RunText {
  readonly bytes: Uint8Array
  readonly begin: number
  readonly end: number
  readonly offset: number
}

/** Values of the last run: rows from `begin` on, one behind the other. */
interface RunBytes {
  readonly bytes: Uint8Array
  readonly begin: number
  readonly ends: Uint32Array
}

/** Where less is left of a chunk, the next one begins; a longer row may be left to others. */
const likelyRowBytes = 8 * 1024
/** Values of one width take at most so much of the columns' memory. */
const fixedBytesMax = 2 * 1024 ** 2
const runRowsMax = 8192
const runRowsMin = 8
/** The runtime copies from and to shared memory by words where both places are aligned alike, else by bytes. */
const wordBytes = 8
const columnStructBytes = 16
const cellStructBytes = 24

/**
 * Reads runs of plain rows of a text into columns, which hold the rows of one run. What is not plain, or not beyond
 * doubt, ends a run, and others read that row.
 */
export class TextRuns {
  readonly #grammar: RowsGrammar
  readonly #columns: readonly RowColumn[]
  readonly #dynamicIndex: number
  readonly #rowsMax: number
  readonly #layouts: ColumnLayout[] = []
  #cells: readonly RowCell[] = []
  #areCellsNew = true
  /** What of the text lies in the memory. */
  #chunkBegin = 0
  #chunkEnd = 0
  /** Of the last run. */
  #rowCount = 0

  /** @param dynamicIndex of the column of dynamic members; -1: there is none */
  constructor(grammar: RowsGrammar, columns: readonly RowColumn[], dynamicIndex: number) {
    this.#grammar = grammar
    this.#columns = columns
    this.#dynamicIndex = dynamicIndex
    const rowBytes = columns.reduce((sum, column) => sum + 1 + (column.rowBytes || 4), 8)
    this.#rowsMax = Math.min(runRowsMax, Math.floor(fixedBytesMax / rowBytes))
  }

  /** Says what a row may hold. @returns whether there is room for it */
  setCells(cells: readonly RowCell[]): boolean {
    const structs = this.#columns.length * columnStructBytes + cells.length * cellStructBytes
    const keys = [this.#grammar.bytes, ...cells.map(({ key }) => key)]
    const bytes = keys.reduce((sum, bytes) => sum + paddedBytes(bytes), structs)
    if (this.#rowsMax < runRowsMin || bytes > tablesBytes) return false
    this.#cells = cells
    this.#areCellsNew = true
    return true
  }

  /**
   * Reads the run that begins at a text's first byte, if one does.
   * @param byteLengths of what will take each column's values
   * @returns how many rows it has
   */
  read(text: RunText, rowsMax: number, byteLengths: readonly number[]): number {
    const memory = textRowsMemory()
    const from = text.offset + text.begin
    const isOwner = memory.owner === this
    if (!isOwner || this.#areCellsNew) this.#takeOver(memory)
    const isShort =
      this.#chunkEnd - from < likelyRowBytes && this.#chunkEnd < text.offset + text.end
    if (!isOwner || isShort || from < this.#chunkBegin) this.#load(memory, text)
    for (const [index, { ends }] of this.#layouts.entries()) {
      if (ends > 0) memory.words[ends >> 2] = byteLengths[index] % wordBytes
    }
    const at = textAddress + from - this.#chunkBegin
    const end = textAddress + this.#chunkEnd - this.#chunkBegin
    const count = Math.min(rowsMax, this.#rowsMax)
    this.#rowCount = this.#grammar.read(memory.kernels, at, end, count)
    return this.#rowCount
  }

  /** Where in the whole text a row of the last run begins. */
  rowBegin(row: number): number {
    return textRowsMemory().words[(rowsAddress >> 2) + row] - textAddress + this.#chunkBegin
  }

  rowEnd(row: number): number {
    const at = (rowsAddress >> 2) + runRowsMax + row
    return textRowsMemory().words[at] - textAddress + this.#chunkBegin
  }

  /** The values of a column, all of one width, in the last run: a view until the next one. */
  fixedValues(columnIndex: number): Uint8Array {
    const { values } = this.#layouts[columnIndex]
    const end = values + this.#rowCount * this.#columns[columnIndex].rowBytes
    return textRowsMemory().bytes.subarray(values, end)
  }

  /** The same of values that differ in length. */
  bytesValues(columnIndex: number): RunBytes {
    const { values, ends } = this.#layouts[columnIndex]
    const { bytes, words } = textRowsMemory()
    const at = ends >> 2
    const rowEnds = words.subarray(at + 1, at + 1 + this.#rowCount)
    return {
      bytes: bytes.subarray(values, values + rowEnds[this.#rowCount - 1]),
      begin: words[at],
      ends: rowEnds,
    }
  }

  /** 1 for each row of the last run that is null there. Good where the column's cell writes nulls. */
  nulls(columnIndex: number): Uint8Array {
    const { nulls } = this.#layouts[columnIndex]
    return textRowsMemory().bytes.subarray(nulls, nulls + this.#rowCount)
  }

  #load(memory: TextRowsMemory, { bytes, begin, end, offset }: RunText): void {
    const first = begin - (begin % wordBytes)
    const text = bytes.subarray(first, Math.min(end, first + chunkBytes))
    memory.bytes.set(text, textAddress)
    memory.bytes.fill(0, textAddress + text.length, textAddress + text.length + paddingBytes)
    this.#chunkBegin = offset + first
    this.#chunkEnd = this.#chunkBegin + text.length
  }

  /** Writes the tables: bytes and keys first, then the columns, then the cells. */
  #takeOver(memory: TextRowsMemory): void {
    let at = tablesAddress
    const put = (bytes: Uint8Array) => {
      memory.bytes.set(bytes, at)
      at += paddedBytes(bytes)
      return at - paddedBytes(bytes)
    }
    this.#grammar.open(memory.kernels, put(this.#grammar.bytes))
    const keys = this.#cells.map(({ key }) => put(key))
    const columns = at
    this.#layOut(memory, columns)
    const cells = columns + this.#columns.length * columnStructBytes
    for (const [index, { kind, nulls, columnIndex, dim, key }] of this.#cells.entries()) {
      const column = columns + columnIndex * columnStructBytes
      const struct = [kind, nulls, column, dim, keys[index], key.byteLength]
      memory.words.set(struct, (cells + index * cellStructBytes) >> 2)
    }
    const hasDynamic = this.#cells.some(({ kind }) => kind === cellKinds.dynamic)
    const dynamic = hasDynamic ? columns + this.#dynamicIndex * columnStructBytes : 0
    const rowEnds = rowsAddress + runRowsMax * 4
    const count = this.#cells.length
    memory.kernels.setCells(cells, count, dynamic, rowsAddress, rowEnds, powersAddress)
    memory.owner = this
    this.#areCellsNew = false
  }

  /** Gives each column its place: those of one width as much as they need, the others equal parts of the rest. */
  #layOut(memory: TextRowsMemory, structs: number): void {
    const layouts = this.#layouts
    layouts.length = 0
    let at = rowsAddress + runRowsMax * 8
    const take = (bytes: number) => {
      at += (bytes + 15) & ~15
      return at - ((bytes + 15) & ~15)
    }
    for (const { rowBytes } of this.#columns) {
      const nulls = take(this.#rowsMax)
      const ends = rowBytes === 0 ? take(4 * (this.#rowsMax + 1)) : 0
      layouts.push({ nulls, ends, values: rowBytes === 0 ? 0 : take(this.#rowsMax * rowBytes) })
    }
    const differing = this.#columns.filter(({ rowBytes }) => rowBytes === 0).length
    const share = Math.floor((columnsAddress + columnsBytes - at) / Math.max(1, differing)) & ~15
    for (const [index, layout] of layouts.entries()) {
      if (this.#columns[index].rowBytes === 0) layout.values = take(share)
      const struct = [layout.values, layout.values + share, layout.ends, layout.nulls]
      memory.words.set(struct, (structs + index * columnStructBytes) >> 2)
    }
  }
}

/** Where each row begins, then where each ends. */
const rowsAddress = columnsAddress

interface ColumnLayout {
  readonly nulls: number
  readonly ends: number
  values: number
}

/** Kernels compare and copy some bytes more than there are. */
function paddedBytes({ byteLength }: Uint8Array): number {
  return (byteLength + 16 + 15) & ~15
}
