import { bitmapWithLength, hasBit, setBit } from '../../column/bitmap.js'
import type { Column, FixedColumn, FixedValues } from '../../column/column.js'
import { filledColumn } from '../../column/filled-column.js'
import { gatherColumn } from '../../column/slice.js'
import { DataType, isIntegerType } from '../../schema/data-type.js'
import { type Field, plainField } from '../../schema/field.js'
import { invalidParameter } from '../../schema/invalid-parameter.js'
import type { OutputField } from '../search-request.js'
import type { AggregateOperation } from './aggregate-name.js'
import { valueComparison } from './order-rows.js'

export interface Aggregate {
  /** As the answer calls it. */
  readonly name: string
  readonly operation: AggregateOperation
  /** null: of `count(*)`, which counts rows whatever they hold. */
  readonly field: Field | null
}

/** Which group each row is of. */
export interface RowGroups {
  readonly groupOf: Uint32Array
  readonly groupCount: number
}

/**
 * One value for each group, of a column of the aggregate's field. Rows without a value count for nothing; a
 * group of such rows has none.
 */
export function aggregateField(
  aggregate: Aggregate,
  column: Column | null,
  groups: RowGroups,
): OutputField {
  const { operation, field } = aggregate
  if (operation === 'count' || field === null || column === null) {
    return countField(aggregate, column, groups)
  }
  if (operation === 'min' || operation === 'max') {
    return extremeField(aggregate, field, column, groups)
  }
  return sumField(aggregate, field, column as FixedColumn, groups)
}

function countField({ name }: Aggregate, column: Column | null, groups: RowGroups): OutputField {
  const counts = BigInt64Array.from(countsOf(column, groups), BigInt)
  return answerField(plainField(0, name, DataType.Int64), counts, null)
}

/** Of each group, its rows with a value. */
function countsOf(column: Column | null, { groupOf, groupCount }: RowGroups): Float64Array {
  const counts = new Float64Array(groupCount)
  for (let row = 0; row < groupOf.length; row++) {
    if (hasValue(column, row)) counts[groupOf[row]]++
  }
  return counts
}

function extremeField(
  { name, operation }: Aggregate,
  field: Field,
  column: Column,
  { groupOf, groupCount }: RowGroups,
): OutputField {
  const answer = { ...field, fieldId: 0, name, isPrimaryKey: false, defaultValue: null }
  const rows = new Int32Array(groupCount).fill(-1)
  const compare = valueComparison(column)
  const sign = operation === 'min' ? 1 : -1
  for (let row = 0; row < groupOf.length; row++) {
    const group = groupOf[row]
    // A group without a value has one of its rows, which is null.
    const best = rows[group]
    if (best < 0 || !hasValue(column, best)) rows[group] = row
    else if (hasValue(column, row) && sign * compare(row, best) < 0) rows[group] = row
  }
  const isEmpty = groupOf.length === 0 && groupCount > 0
  return {
    field: { ...answer, nullable: field.nullable || isEmpty },
    column: isEmpty ? filledColumn(answer, groupCount) : gatherColumn(column, rows),
    rowCount: groupCount,
  }
}

/** Sums and averages: whole numbers are summed with all their digits. */
function sumField(
  { name, operation }: Aggregate,
  field: Field,
  column: FixedColumn,
  groups: RowGroups,
): OutputField {
  const isWhole = isIntegerType(field.dataType)
  const sums = isWhole ? wholeSums(column, groups) : floatSums(column, groups)
  const counts = countsOf(column, groups)
  const validity = counts.includes(0) ? validityOf(counts) : null
  if (operation === 'sum' && isWhole) {
    const values = BigInt64Array.from(sums as bigint[], (sum) => int64Of(name, sum))
    return answerField(plainField(0, name, DataType.Int64), values, validity)
  }
  const values = Float64Array.from(counts, (count, group) =>
    operation === 'sum' ? Number(sums[group]) : Number(sums[group]) / Math.max(1, count),
  )
  return answerField(plainField(0, name, DataType.Double), values, validity)
}

function wholeSums(column: FixedColumn, { groupOf, groupCount }: RowGroups): bigint[] {
  const sums = new Array<bigint>(groupCount).fill(0n)
  for (let row = 0; row < groupOf.length; row++) {
    if (hasValue(column, row)) sums[groupOf[row]] += BigInt(column.values[row])
  }
  return sums
}

function floatSums(column: FixedColumn, { groupOf, groupCount }: RowGroups): Float64Array {
  const sums = new Float64Array(groupCount)
  for (let row = 0; row < groupOf.length; row++) {
    if (hasValue(column, row)) sums[groupOf[row]] += Number(column.values[row])
  }
  return sums
}

function hasValue(column: Column | null, row: number): boolean {
  return column === null || column.validity === null || hasBit(column.validity, row)
}

function validityOf(counts: Float64Array): Uint8Array {
  const validity = bitmapWithLength(counts.length)
  for (let group = 0; group < counts.length; group++) if (counts[group] > 0) setBit(validity, group)
  return validity
}

function int64Of(name: string, sum: bigint): bigint {
  if (BigInt.asIntN(64, sum) === sum) return sum
  throw invalidParameter(`${name}: the sum ${sum} is beyond an int64`)
}

function answerField(field: Field, values: FixedValues, validity: Uint8Array | null): OutputField {
  return {
    field: { ...field, nullable: validity !== null },
    column: { shape: 'fixed', values, width: 1, validity },
    rowCount: values.length,
  }
}
