// Objects with the keys of known cells in a known order, read as columns. See row-cells.ts.
import { copyEnd, copyString, skipSpace, skipValue } from './json-text'
import {
  BOOL, Cell, DYNAMIC, FLOAT_VECTOR, IGNORED, JSON, TEXT, bytesBegin, cellsBegin, cellsEnd, closeBytes, closeMember,
  closeRow, openMember, openRow, readNumber, readVector, writeBool, writeNotNull, writeNull,
} from './row-cells'

const QUOTE: u32 = 0x22
const COMMA: u32 = 0x2c
const COLON: u32 = 0x3a
const OPEN: u32 = 0x7b
const CLOSE: u32 = 0x7d
const NULL_WORD: u32 = 0x6c6c756e

/**
 * Reads objects that follow the end of another, at most `rowsMax`, until one is not plain or does not end before `end`.
 * Zeros follow there.
 * @param needsComma whether a comma lies before each; else one may
 * @returns how many
 */
export function readJsonRows(text: usize, end: usize, rowsMax: u32, needsComma: bool): u32 {
  let row: u32 = 0
  while (row < rowsMax) {
    text = skipSpace(text)
    if (<u32>load<u8>(text) == COMMA) text = skipSpace(text + 1)
    else if (needsComma) break
    openRow(row)
    const rowEnd = readObject(text, end)
    if (rowEnd == 0 || !closeRow(text, rowEnd)) break
    text = rowEnd
    row++
  }
  return row
}

/** @returns where it ends, or 0 */
function readObject(at: usize, end: usize): usize {
  if (<u32>load<u8>(at) != OPEN) return 0
  let address = cellsBegin
  do {
    at = skipSpace(at + 1)
    if (<u32>load<u8>(at) != QUOTE) return 0
    while (address < cellsEnd && !isKeyAt(at, changetype<Cell>(address))) {
      if (!leaveOut(changetype<Cell>(address))) return 0
      address += offsetof<Cell>()
    }
    if (address == cellsEnd) return 0
    const cell = changetype<Cell>(address)
    at = skipSpace(at + cell.keyLength)
    if (<u32>load<u8>(at) != COLON) return 0
    at = readValue(cell, skipSpace(at + 1), end)
    if (at == 0) return 0
    at = skipSpace(at)
    address += offsetof<Cell>()
  } while (<u32>load<u8>(at) == COMMA)
  for (; address < cellsEnd; address += offsetof<Cell>()) {
    if (!leaveOut(changetype<Cell>(address))) return 0
  }
  return <u32>load<u8>(at) == CLOSE ? at + 1 : 0
}

@inline
function isKeyAt(at: usize, cell: Cell): bool {
  let rest = cell.keyLength
  let key = cell.key
  for (; rest >= 8; rest -= 8, key += 8, at += 8) if (load<u64>(at) != load<u64>(key)) return false
  return ((load<u64>(at) ^ load<u64>(key)) & (((<u64>1) << (rest << 3)) - 1)) == 0
}

@inline
function leaveOut(cell: Cell): bool {
  return cell.kind == IGNORED || cell.kind == DYNAMIC || writeNull(cell)
}

/** @returns where it ends, or 0 */
@inline
function readValue(cell: Cell, at: usize, end: usize): usize {
  const kind = cell.kind
  if (kind == IGNORED) return skipValue(at)
  if (kind == DYNAMIC) return readMember(cell, at)
  if (cell.nulls != 0) {
    if (load<u32>(at) == NULL_WORD) return writeNull(cell) ? at + 4 : 0
    writeNotNull(cell)
  }
  if (kind == TEXT) return readText(cell, at)
  if (kind == JSON) return readJson(cell, at)
  if (kind == FLOAT_VECTOR) return readVector(cell, at, end)
  return kind == BOOL ? readBool(cell, at) : readNumber(cell, at)
}

@inline
function readBool(cell: Cell, at: usize): usize {
  const word = load<u32>(at)
  const isTrue = word == 0x65757274
  if (!isTrue && (word != 0x736c6166 || <u32>load<u8>(at + 4) != 0x65)) return 0
  writeBool(cell, isTrue)
  return isTrue ? at + 4 : at + 5
}

function readText(cell: Cell, at: usize): usize {
  if (<u32>load<u8>(at) != QUOTE) return 0
  const column = cell.column
  const valueEnd = copyString(at, bytesBegin(column), column.valuesEnd)
  if (valueEnd != 0) closeBytes(column, copyEnd)
  return valueEnd
}

/** An object as it is; or a string that holds a JSON text. */
function readJson(cell: Cell, at: usize): usize {
  const column = cell.column
  const target = bytesBegin(column)
  if (<u32>load<u8>(at) == QUOTE) {
    const stringEnd = readText(cell, at)
    if (stringEnd == 0) return 0
    const textEnd = copyEnd
    store<u8>(textEnd, 0)
    const jsonEnd = skipValue(skipSpace(target))
    return jsonEnd != 0 && skipSpace(jsonEnd) == textEnd ? stringEnd : 0
  }
  if (<u32>load<u8>(at) != OPEN) return 0
  const valueEnd = skipValue(at)
  if (valueEnd == 0 || target + (valueEnd - at) + 16 > column.valuesEnd) return 0
  copy(at, valueEnd, target)
  closeBytes(column, target + (valueEnd - at))
  return valueEnd
}

/** Up to 16 bytes more are written. */
@inline
function copy(at: usize, end: usize, target: usize): void {
  for (; at < end; at += 16, target += 16) v128.store(target, v128.load(at))
}

function readMember(cell: Cell, at: usize): usize {
  const valueEnd = skipValue(at)
  if (valueEnd == 0) return 0
  const keyLength = cell.keyLength
  const target = openMember(keyLength + (valueEnd - at) + 1)
  if (target == 0) return 0
  copy(cell.key, cell.key + keyLength, target)
  store<u8>(target + keyLength, COLON)
  copy(at, valueEnd, target + keyLength + 1)
  closeMember(target + keyLength + 1 + (valueEnd - at))
  return valueEnd
}
