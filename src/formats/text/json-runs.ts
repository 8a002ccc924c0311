import type { RowCell, RowsGrammar } from '../../kernels/text-rows.js'
import type { ByteCursor } from './byte-cursor.js'
import type { JsonRowReader } from './json-row.js'
import { nextMember, openObject, scanKey, skipValue } from './json-scan.js'
import type { RowColumns } from './row-columns.js'
import { RowRuns, type RunCells } from './row-runs.js'
import { fieldCell, unknownCell } from './run-cells.js'

/** @param needsComma whether rows are the elements of a list */
export function jsonRuns(columns: RowColumns, reader: JsonRowReader, needsComma: boolean): RowRuns {
  const grammar: RowsGrammar = {
    bytes: new Uint8Array(0),
    open() {},
    read: (kernels, text, end, rowsMax) => kernels.readJsonRows(text, end, rowsMax, needsComma),
  }
  return new RowRuns(columns, new JsonRunCells(columns, reader), grammar)
}

/** Rows with more keys are read by others. */
const keysMax = 256

/** The keys of rows in their order, of which a row may leave out some. */
class JsonRunCells implements RunCells {
  readonly #columns: RowColumns
  readonly #reader: JsonRowReader
  /** With their quotes, as bytes of a string. */
  #keys: readonly string[] = []
  cells: readonly RowCell[] | null = null

  constructor(columns: RowColumns, reader: JsonRowReader) {
    this.#columns = columns
    this.#reader = reader
  }

  learn(cursor: ByteCursor): boolean {
    const keys = keysAt(cursor)
    const merged = keys && mergedKeys(this.#keys, keys)
    if (!merged || merged === this.#keys) return false
    this.#keys = merged
    const cells = merged.map((key) => this.#cellOf(key))
    this.cells = cells.includes(null) ? null : (cells as RowCell[])
    return true
  }

  #cellOf(quoted: string): RowCell | null {
    const { fields } = this.#columns
    const key = Buffer.from(quoted, 'latin1')
    const index = this.#reader.fieldIndexOf(key.subarray(1, -1))
    if (index === null) return null
    return index < 0 ? unknownCell(fields, key) : fieldCell(fields, index, key)
  }
}

/** The keys of the object that begins here; null where one has escapes, or comes twice. */
function keysAt(cursor: ByteCursor): string[] | null {
  const keys: string[] = []
  for (let more = openObject(cursor); more; more = nextMember(cursor)) {
    scanKey(cursor)
    const { bytes, stringBegin, stringEnd, hasEscapes } = cursor
    if (hasEscapes || keys.length === keysMax) return null
    const quoted = bytes.subarray(stringBegin - 1, stringEnd + 1)
    keys.push(Buffer.from(quoted).toString('latin1'))
    skipValue(cursor)
  }
  return new Set(keys).size === keys.length ? keys : null
}

/**
 * New keys go behind those they follow, and so do keys that stood elsewhere: rows that leave out some of the same keys
 * make one order of all of them. @returns `known` itself where the row's order is no other one
 */
function mergedKeys(known: readonly string[], keys: readonly string[]): readonly string[] {
  const merged = [...known]
  let place = 0
  let isChanged = false
  for (const key of keys) {
    const found = merged.indexOf(key)
    if (found >= place) {
      place = found + 1
      continue
    }
    isChanged = true
    merged.splice(place, 0, key)
    if (found >= 0) merged.splice(found, 1)
    else place++
  }
  if (!isChanged) return known
  return merged.length > keysMax ? keys : merged
}
