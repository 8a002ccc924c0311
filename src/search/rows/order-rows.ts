import { hasBit } from '../../column/bitmap.js'
import type { BytesColumn, Column, FixedColumn } from '../../column/column.js'
import type { JsonStep } from '../../expr/json-scan.js'
import type { Field } from '../../schema/field.js'
import type { RowRef } from '../row-ref.js'
import type { OrderByName } from '../search-request.js'
import type { SegmentView } from '../segment-view.js'
import { gatherField } from './gather.js'
import { jsonOrderColumn } from './json-order-column.js'

interface OrderBy extends OrderByName {
  readonly field: Field
  /** To a value in the documents of a JSON field; else empty. */
  readonly path: readonly JsonStep[]
}

/** The rows in the order of some fields, those that are equal in the order they had. */
export async function orderRows(
  views: readonly SegmentView[],
  rows: readonly RowRef[],
  order: readonly OrderBy[],
): Promise<RowRef[]> {
  const columns = await Promise.all(
    order.map(async ({ field, path }) => {
      const column = await gatherField(views, rows, field)
      if (path.length === 0) return column
      return jsonOrderColumn(path, column as BytesColumn, rows.length)
    }),
  )
  return Array.from(orderedPlaces(columns, order, rows.length), (place) => rows[place])
}

/** The rows of some columns in their order, by where they stand; each column has its own direction. */
export function orderedPlaces(
  columns: readonly Column[],
  order: readonly Direction[],
  rowCount: number,
): Uint32Array {
  const compares = order.map((by, index) => comparisonOf(by, columns[index]))
  return Uint32Array.from({ length: rowCount }, (_, place) => place).sort((left, right) => {
    for (const compare of compares) {
      const sign = compare(left, right)
      if (sign !== 0) return sign
    }
    return left - right
  })
}

type Direction = Pick<OrderByName, 'isDescending' | 'areNullsFirst'>
type Comparison = (left: number, right: number) => number

function comparisonOf({ isDescending, areNullsFirst }: Direction, column: Column): Comparison {
  const compare = valueComparison(column)
  const direction = isDescending ? -1 : 1
  const { validity } = column
  if (validity === null) return (left, right) => direction * compare(left, right)
  const nullSign = areNullsFirst ? -1 : 1
  return (left, right) => {
    const isLeftNull = !hasBit(validity, left)
    const isRightNull = !hasBit(validity, right)
    if (isLeftNull || isRightNull) return nullSign * (Number(isLeftNull) - Number(isRightNull))
    return direction * compare(left, right)
  }
}

/** The values of two rows that are not null. */
export function valueComparison(column: Column): Comparison {
  if (column.shape === 'fixed') {
    const { values } = column as FixedColumn
    return (left, right) =>
      values[left] < values[right] ? -1 : Number(values[left] > values[right])
  }
  const { bytes, offsets } = column as BytesColumn
  const texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return (left, right) =>
    texts.compare(texts, offsets[right], offsets[right + 1], offsets[left], offsets[left + 1])
}
