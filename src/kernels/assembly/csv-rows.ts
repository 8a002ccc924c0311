// Lines of cells, read as columns. See row-cells.ts.
import { skipSpace, skipValue, stringMarks } from './json-text'
import {
  BOOL, Cell, Column, DYNAMIC, FLOAT_VECTOR, IGNORED, JSON, TEXT, bytesBegin, cellsBegin, cellsEnd, closeBytes, closeMember,
  closeRow, openMember, openRow, readNumber, readVector, writeBool, writeNotNull, writeNull,
} from './row-cells'

const QUOTE: u32 = 0x22
const NEWLINE: u32 = 0x0a
const RETURN: u32 = 0x0d

let separator: u32 = 0
let nullKey: usize = 0
let nullKeyLength: usize = 0

/** The cell that was scanned last, without its quotes, and what follows it. */
let cellBegin: usize = 0
let cellEnd: usize = 0
/** Whether there are two quotes for one in it. */
let hasQuotes = false
/** Whether it is a text that lies in its column already, where its row begins. */
let isCopied = false
let next: usize = 0

/** @param byte one of ASCII. The null key has no quotes. */
export function setCsv(byte: u32, key: usize, keyLength: u32): void {
  separator = byte
  nullKey = key
  nullKeyLength = keyLength
}

/**
 * Reads lines from `text` on, at most `rowsMax`, until one is not plain or does not end before `end`. Zeros follow there.
 * @returns how many
 */
export function readCsvRows(text: usize, end: usize, rowsMax: u32): u32 {
  let row: u32 = 0
  while (row < rowsMax) {
    text = passEmptyLines(text)
    openRow(row)
    if (!readLine(text, end) || !closeRow(text, next)) break
    text = next
    row++
  }
  return row
}

@inline
function passEmptyLines(at: usize): usize {
  while (true) {
    const byte = <u32>load<u8>(at)
    if (byte == NEWLINE) at++
    else if (byte == RETURN && <u32>load<u8>(at + 1) == NEWLINE) at += 2
    else return at
  }
}

function readLine(at: usize, end: usize): bool {
  const last = cellsEnd - offsetof<Cell>()
  for (let address = cellsBegin; address < last; address += offsetof<Cell>()) {
    const cell = changetype<Cell>(address)
    if (!scanCell(cell, at, end) || <u32>load<u8>(next) != separator || !readCell(cell)) return false
    at = next + 1
  }
  const cell = changetype<Cell>(last)
  return scanCell(cell, at, end) && passLineEnd(end) && readCell(cell)
}

/** Scans a cell up to what follows it, which lies before `end`. */
@inline
function scanCell(cell: Cell, at: usize, end: usize): bool {
  hasQuotes = false
  isCopied = false
  if (<u32>load<u8>(at) == QUOTE) {
    const isText = cell.kind == TEXT || cell.kind == JSON
    return (isText ? copyQuoted(cell.column, at + 1, end) : scanQuoted(at + 1, end)) && passQuote(end)
  }
  cellBegin = at
  while (true) {
    const bytes = v128.load(at)
    const marks = i8x16.bitmask(
      v128.or(
        i8x16.eq(bytes, i8x16.splat(<i8>separator)),
        v128.or(i8x16.eq(bytes, i8x16.splat(<i8>NEWLINE)), i8x16.eq(bytes, i8x16.splat(<i8>QUOTE))),
      ),
    )
    if (marks != 0) {
      at += ctz(marks)
      break
    }
    at += 16
    if (at >= end) return false
  }
  cellEnd = at
  next = at
  if (at >= end) return false
  const byte = <u32>load<u8>(at)
  if (byte == NEWLINE && at > cellBegin && <u32>load<u8>(at - 1) == RETURN) cellEnd--
  return byte != QUOTE
}

/** Copies a text to its column, with one quote for two. Up to 16 bytes more are written. */
function copyQuoted(column: Column, at: usize, end: usize): bool {
  let target = bytesBegin(column)
  cellBegin = target
  isCopied = true
  while (at < end) {
    if (target + 32 > column.valuesEnd) return false
    const bytes = v128.load(at)
    v128.store(target, bytes)
    const marks = quoteMarks(bytes)
    const length: usize = marks == 0 ? 16 : ctz(marks)
    at += length
    target += length
    if (marks == 0) continue
    if (at + 1 >= end) return false
    if (<u32>load<u8>(at + 1) != QUOTE) {
      cellEnd = target
      next = at
      return true
    }
    at += 2
    target++
  }
  return false
}

function scanQuoted(at: usize, end: usize): bool {
  cellBegin = at
  while (at < end) {
    const marks = quoteMarks(v128.load(at))
    at += marks == 0 ? 16 : ctz(marks)
    if (marks == 0) continue
    if (at + 1 >= end) return false
    if (<u32>load<u8>(at + 1) != QUOTE) {
      cellEnd = at
      next = at
      return true
    }
    hasQuotes = true
    at += 2
  }
  return false
}

/** Goes behind the closing quote, and a carriage return before a newline. */
@inline
function passQuote(end: usize): bool {
  next++
  if (<u32>load<u8>(next) == RETURN && <u32>load<u8>(next + 1) == NEWLINE) next++
  return next < end
}

@inline
function quoteMarks(bytes: v128): i32 {
  return i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)))
}

@inline
function passLineEnd(end: usize): bool {
  if (<u32>load<u8>(next) != NEWLINE) return false
  next++
  return next <= end
}

@inline
function readCell(cell: Cell): bool {
  const kind = cell.kind
  if (kind == IGNORED) return true
  if (kind == DYNAMIC) return readMember(cell)
  if (cell.nulls != 0) {
    if (isNull()) return writeNull(cell)
    writeNotNull(cell)
  }
  if (kind == TEXT) return readText(cell) != 0
  if (kind == JSON) return readJson(cell)
  if (hasQuotes) return false
  if (kind == BOOL) return readBool(cell)
  const at = skipSpace(cellBegin)
  const valueEnd = kind == FLOAT_VECTOR ? readVector(cell, at, cellEnd) : readNumber(cell, at)
  return valueEnd != 0 && (valueEnd == cellEnd || skipSpace(valueEnd) == cellEnd)
}

@inline
function isNull(): bool {
  if (cellEnd - cellBegin != nullKeyLength || hasQuotes) return false
  for (let index: usize = 0; index < nullKeyLength; index++) {
    if (load<u8>(cellBegin + index) != load<u8>(nullKey + index)) return false
  }
  return true
}

/** As many write it: `true`, `True`, `TRUE`, `t`, `T` and `1`, and the same of false. */
function readBool(cell: Cell): bool {
  const length = cellEnd - cellBegin
  const word = load<u32>(cellBegin)
  const last = <u32>load<u8>(cellBegin + 4)
  if (length == 1) {
    const letter = word & 0xff
    const isTrue = letter == 0x31 || letter == 0x74 || letter == 0x54
    writeBool(cell, isTrue)
    return isTrue || letter == 0x30 || letter == 0x66 || letter == 0x46
  }
  writeBool(cell, length == 4)
  if (length == 4) return word == 0x65757274 || word == 0x65757254 || word == 0x45555254
  if (length != 5) return false
  if (last == 0x45) return word == 0x534c4146
  return last == 0x65 && (word == 0x736c6166 || word == 0x736c6146)
}

/** @returns where in the column the text ends, or 0 where there is no room */
@inline
function readText(cell: Cell): usize {
  const column = cell.column
  if (isCopied) {
    closeBytes(column, cellEnd)
    return cellEnd
  }
  const target = bytesBegin(column)
  const targetEnd = target + (cellEnd - cellBegin)
  if (targetEnd + 32 > column.valuesEnd) return 0
  copy(cellBegin, cellEnd, target)
  closeBytes(column, targetEnd)
  return targetEnd
}

/** Up to 16 bytes more are written. */
@inline
function copy(at: usize, end: usize, target: usize): void {
  for (; at < end; at += 16, target += 16) v128.store(target, v128.load(at))
}

function readJson(cell: Cell): bool {
  const end = readText(cell)
  if (end == 0) return false
  store<u8>(end, 0)
  const valueEnd = skipValue(skipSpace(bytesBegin(cell.column)))
  return valueEnd != 0 && skipSpace(valueEnd) == end
}

/** A cell without a field: a string of `$meta`, which is left to the caller where something in it needs an escape. */
function readMember(cell: Cell): bool {
  const length = cellEnd - cellBegin
  let target = openMember(cell.keyLength + length + 2)
  if (target == 0 || hasQuotes) return false
  copy(cell.key, cell.key + cell.keyLength, target)
  target += cell.keyLength
  store<u8>(target++, QUOTE)
  for (let at = cellBegin; at < cellEnd; at += 16) {
    const bytes = v128.load(at)
    const marks = stringMarks(bytes)
    if (marks != 0 && at + ctz(marks) < cellEnd) return false
    v128.store(target + (at - cellBegin), bytes)
  }
  store<u8>(target + length, QUOTE)
  closeMember(target + length + 1)
  return true
}
