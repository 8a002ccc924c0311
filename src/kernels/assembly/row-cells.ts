// Rows of a text become columns. What a row may hold is a list of cells, each with the column that takes its values;
// a column has room for so many rows. A row that holds anything else is left to the caller, whole.
import { double, setDouble } from './double-text'
import {
  exponent, isInteger, isNegative, mantissa, position, readFloat, readFloatList, scanNumber, value,
} from './number-text'

/** How a cell is read. */
export const IGNORED: u32 = 0
export const BOOL: u32 = 1
export const INT8: u32 = 2
export const INT16: u32 = 3
export const INT32: u32 = 4
export const INT64: u32 = 5
export const FLOAT: u32 = 6
export const DOUBLE: u32 = 7
export const TEXT: u32 = 8
export const JSON: u32 = 9
export const FLOAT_VECTOR: u32 = 10
export const DYNAMIC: u32 = 11

/** What becomes of a null: it is refused, written, or left to the caller. */
const WRITTEN: u32 = 1

@unmanaged
export class Cell {
  kind: u32
  nulls: u32
  column: Column
  dim: u32
  /** The key's bytes with their quotes; for CSV, what a dynamic member begins with. */
  key: usize
  keyLength: usize
}

@unmanaged
export class Column {
  /** Values of one width, or bytes. */
  values: usize
  valuesEnd: usize
  /** Where the bytes of each row end, from `values` on; one more than there are rows. */
  ends: usize
  /** A byte a row, 1 for null. */
  nulls: usize
}

export let cellsBegin: usize = 0
export let cellsEnd: usize = 0
export let powers: usize = 0
/** Of `$meta`; where the members of the current row end; 0 before the first. */
export let dynamicColumn: Column = changetype<Column>(0)
export let dynamicEnd: usize = 0
/** Where in the text each row begins and ends. */
let begins: usize = 0
let ends: usize = 0
/** The row that is being read. */
export let row: usize = 0

/** Says what a row may hold. */
export function setCells(
  cells: usize,
  cellCount: u32,
  dynamic: usize,
  rowBegins: usize,
  rowEnds: usize,
  powersOfTen: usize,
): void {
  cellsBegin = cells
  cellsEnd = cells + <usize>cellCount * offsetof<Cell>()
  dynamicColumn = changetype<Column>(dynamic)
  begins = rowBegins
  ends = rowEnds
  powers = powersOfTen
}

@inline
export function openRow(index: u32): void {
  row = index
  dynamicEnd = 0
}

/** @returns whether it is whole: a `{}` of no dynamic members is the caller's */
@inline
export function closeRow(begin: usize, end: usize): bool {
  if (changetype<usize>(dynamicColumn) != 0) {
    if (dynamicEnd == 0) return false
    store<u8>(dynamicEnd, 0x7d)
    closeBytes(dynamicColumn, dynamicEnd + 1)
  }
  store<u32>(begins + (row << 2), <u32>begin)
  store<u32>(ends + (row << 2), <u32>end)
  return true
}

/** Begins a member of `$meta` that takes at most `length` bytes. @returns where its key goes, or 0 if there is no room */
@inline
export function openMember(length: usize): usize {
  let at = dynamicEnd
  const isFirst = at == 0
  if (isFirst) at = bytesBegin(dynamicColumn)
  if (at + length + 32 > dynamicColumn.valuesEnd) return 0
  store<u8>(at, isFirst ? 0x7b : 0x2c)
  return at + 1
}

@inline
export function closeMember(end: usize): void {
  dynamicEnd = end
}

/** Where the current row's bytes begin. */
@inline
export function bytesBegin(column: Column): usize {
  return column.values + load<u32>(column.ends + (row << 2))
}

@inline
export function closeBytes(column: Column, end: usize): void {
  store<u32>(column.ends + (row << 2), <u32>(end - column.values), 4)
}

/** A cell that is null. @returns whether it may be */
export function writeNull(cell: Cell): bool {
  if (cell.nulls != WRITTEN) return false
  const column = cell.column
  store<u8>(column.nulls + row, 1)
  switch (cell.kind) {
    case BOOL:
    case INT8:
      store<u8>(column.values + row, 0)
      return true
    case INT16:
      store<u16>(column.values + (row << 1), 0)
      return true
    case INT32:
    case FLOAT:
      store<u32>(column.values + (row << 2), 0)
      return true
    case INT64:
    case DOUBLE:
      store<u64>(column.values + (row << 3), 0)
      return true
    case FLOAT_VECTOR:
      memory.fill(column.values + row * (cell.dim << 2), 0, cell.dim << 2)
      return true
    default:
      closeBytes(column, bytesBegin(column))
      return true
  }
}

@inline
export function writeNotNull(cell: Cell): void {
  if (cell.nulls == WRITTEN) store<u8>(cell.column.nulls + row, 0)
}

@inline
export function writeBool(cell: Cell, isTrue: bool): void {
  store<u8>(cell.column.values + row, isTrue ? 1 : 0)
}

/** Reads a number into a cell's column. @returns where it ends, or 0 */
export function readNumber(cell: Cell, at: usize): usize {
  const values = cell.column.values
  if (cell.kind == FLOAT) {
    if (!readFloat(at, powers)) return 0
    store<f32>(values + (row << 2), value)
    return position
  }
  if (!scanNumber(at)) return 0
  if (cell.kind == DOUBLE) {
    if (!setDouble(powers)) return 0
    store<f64>(values + (row << 3), double)
    return position
  }
  return writeInteger(cell.kind, values) ? position : 0
}

@inline
function writeInteger(kind: u32, values: usize): bool {
  if (!isInteger || exponent != 0) return false
  const integer = isNegative ? -<i64>mantissa : <i64>mantissa
  switch (kind) {
    case INT8:
      if (mantissa > 0x80 || <i64><i8>integer != integer) return false
      store<i8>(values + row, <i8>integer)
      return true
    case INT16:
      if (mantissa > 0x8000 || <i64><i16>integer != integer) return false
      store<i16>(values + (row << 1), <i16>integer)
      return true
    case INT32:
      if (mantissa > 0x80000000 || <i64><i32>integer != integer) return false
      store<i32>(values + (row << 2), <i32>integer)
      return true
    default:
      if (mantissa > 0x7fffffffffffffff && !(isNegative && mantissa == 0x8000000000000000)) return false
      store<i64>(values + (row << 3), integer)
      return true
  }
}

/** Reads a list of floats into a cell's column. @returns where it ends, or 0 */
export function readVector(cell: Cell, at: usize, end: usize): usize {
  const target = cell.column.values + row * (cell.dim << 2)
  const length = readFloatList(at, end, powers, target, cell.dim)
  return length < 0 ? 0 : at + length
}
