import { userFieldsOf } from '../../schema/struct-array.js'
import { ByteCursor } from './byte-cursor.js'
import { cellReaderOf, structCellReaderOf } from './csv-cells.js'
import { type Separator, scanCell, undoubleQuotes } from './csv-scan.js'
import { isAtEnd, skipLine } from './json-grammars.js'
import { scanString } from './json-scan.js'
import type { RowColumns } from './row-columns.js'
import type { RowGrammar } from './text-reader.js'
import { refuseBadUtf8, type TextAppender } from './text-values.js'
import { ValueFault } from './value-fault.js'

/** Reads the cells of one column of the file. */
interface CsvColumn {
  /** Indexes of the fields that have its values, where they may be null: else none. */
  readonly nullable: readonly number[]
  readonly read: TextAppender
}

/** Lines of cells, in the order of the header. */
export class CsvGrammar implements RowGrammar {
  readonly #rows: RowColumns
  readonly #separator: Separator
  readonly #nullKey: Uint8Array
  readonly #columns: readonly CsvColumn[]
  #plain = new Uint8Array(1024)

  constructor(
    rows: RowColumns,
    names: readonly string[],
    separator: Separator,
    nullKey: Uint8Array,
  ) {
    this.#rows = rows
    this.#separator = separator
    this.#nullKey = nullKey
    this.#columns = names.map((name) => csvColumn(rows, name))
  }

  /** Passes empty lines. */
  findRow(cursor: ByteCursor): boolean {
    const { bytes } = cursor
    for (;;) {
      const byte = bytes[cursor.position]
      const next = cursor.position + 1
      if (byte === 0x0d && (bytes[next] === 0x0a || isEnd(cursor, next))) cursor.position += 2
      else if (byte === 0x0a) cursor.position++
      else return byte !== 0 || !isAtEnd(cursor)
    }
  }

  readRow(cursor: ByteCursor): void {
    let count = 0
    for (let more = true; more; count++) {
      more = scanCell(cursor, this.#separator)
      if (count < this.#columns.length) this.#readCell(cursor, this.#columns[count])
    }
    if (count !== this.#columns.length) throw wrongCount(this.#columns.length, count)
    this.#rows.closeRow()
  }

  #readCell(cursor: ByteCursor, { nullable, read }: CsvColumn): void {
    let { bytes, stringBegin, stringEnd } = cursor
    if (cursor.hasEscapes) {
      if (this.#plain.length <= stringEnd - stringBegin) {
        this.#plain = new Uint8Array((stringEnd - stringBegin) * 2)
      }
      stringEnd = undoubleQuotes(bytes, stringBegin, stringEnd, this.#plain)
      stringBegin = 0
      bytes = this.#plain
    }
    if (nullable.length > 0 && this.#isNull(bytes, stringBegin, stringEnd)) {
      for (const index of nullable) this.#rows.appendNull(index)
    } else {
      read(bytes, stringBegin, stringEnd, cursor.isUtf8)
    }
  }

  #isNull(bytes: Uint8Array, begin: number, end: number): boolean {
    const nullKey = this.#nullKey
    if (end - begin !== nullKey.length) return false
    for (let index = 0; index < nullKey.length; index++) {
      if (bytes[begin + index] !== nullKey[index]) return false
    }
    return true
  }

  skipRow(cursor: ByteCursor): void {
    while (scanCell(cursor, this.#separator)) {
      // Each cell is passed by being scanned.
    }
  }

  skipBrokenRow(cursor: ByteCursor): boolean {
    return skipLine(cursor)
  }
}

function csvColumn(rows: RowColumns, name: string): CsvColumn {
  const { dynamic } = rows
  const found = userFieldsOf(rows.fields).find((each) => each.name === name)
  if (!found) return { nullable: [], read: dynamic ? dynamicCell(rows, name) : ignore }
  const { struct, fields, fieldIndex } = found
  const indexes = fields.map((_, index) => fieldIndex + index)
  const nullable = indexes.filter((index) => rows.isFillable(index))
  const builders = indexes.map((index) => rows.builders[index])
  if (struct) return { nullable, read: structCellReaderOf(found, builders) }
  if (!fields[0].isDynamic) return { nullable, read: cellReaderOf(fields[0], builders[0]) }
  const read: TextAppender = (bytes, begin, end) => {
    if (end > begin) dynamic!.readText(bytes, begin, end)
  }
  return { nullable, read }
}

function ignore(): void {}

/** Milvus: what belongs to no field is kept as a string, whatever it looks like. */
function dynamicCell({ dynamic }: RowColumns, name: string): TextAppender {
  const quoted = Buffer.concat([Buffer.from(JSON.stringify(name)), Buffer.alloc(1)])
  const key = new ByteCursor(quoted, quoted.byteLength - 1)
  scanString(key)
  return (bytes, begin, end, isUtf8) => {
    if (!isUtf8) refuseBadUtf8(name, bytes, begin, end)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin).toString()
    dynamic!.appendText(key, JSON.stringify(text))
  }
}

function isEnd({ end, isLast }: ByteCursor, position: number): boolean {
  return position === end && isLast
}

function wrongCount(expected: number, got: number): ValueFault {
  return new ValueFault(
    '',
    `expected ${expected} cells, got ${got}: the number of fields in the row is not equal to the header`,
  )
}
