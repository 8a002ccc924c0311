import { hasBit } from '../../column/bitmap.js'
import type { FixedColumn, FixedValues, ListColumn } from '../../column/column.js'
import { rowOfElement } from '../../column/row-of-element.js'
import { gatherColumn, sliceColumn } from '../../column/slice.js'
import { dataTypeName } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import type {
  ArrowConversion,
  NestedColumn,
  PlainColumn,
  PlainConversion,
  ReportFault,
} from './arrow-conversion.js'

/** To an Array field, whose elements `convert` makes. */
export function arrayConversion(field: Field, convert: PlainConversion): ArrowConversion {
  return elementsConversion(field, (child, count, report) =>
    convert(child as PlainColumn, count, report),
  )
}

/** To an ArrayOfVector field, whose vectors `convert` makes. */
export function vectorListConversion(field: Field, convert: ArrowConversion): ArrowConversion {
  return elementsConversion(
    field,
    (child, count, report) => convert([child], count, report) as PlainColumn,
  )
}

/** A file's elements: of a list of vectors, these may be lists. */
type ElementsColumn = PlainColumn | ListColumn

function elementsConversion(
  field: Field,
  convert: (child: ElementsColumn, count: number, report: ReportFault) => PlainColumn,
): ArrowConversion {
  return ([column], rowCount, report) => {
    const { offsets, child, validity } = compactList(column as ListColumn | NestedColumn, rowCount)
    const elementCount = offsets[rowCount]
    const reportElement = (element: number, message: string) => {
      const row = rowOfElement(offsets, element)
      report(row, `element ${element - offsets[row]}: ${message}`)
    }
    reportNullElements(field, child, elementCount, reportElement)
    const converted = convert(child, elementCount, (element, message) => {
      if (isNullAt(child.validity, element)) return
      reportElement(element, message)
    })
    return { shape: 'list', offsets, child: { ...converted, validity: null }, validity }
  }
}

/**
 * The elements of lists that should all be of `length`, as one column of that width. Null rows are zeros;
 * so are rows of another length, which are reported.
 */
export function evenRows(
  column: ListColumn,
  rowCount: number,
  length: number,
  reportLength: (row: number, length: number) => void,
): FixedColumn {
  const { offsets, validity } = column
  const values = (column.child as FixedColumn).values
  if (isEven(offsets, rowCount, length)) {
    const even = values.subarray(offsets[0], offsets[rowCount])
    return { shape: 'fixed', values: even, width: length, validity }
  }
  const even = emptyLike(values, rowCount * length)
  for (let row = 0; row < rowCount; row++) {
    const got = offsets[row + 1] - offsets[row]
    if (isNullAt(validity, row)) continue
    if (got === length) {
      even.set(values.subarray(offsets[row], offsets[row + 1]) as never, row * length)
    } else {
      reportLength(row, got)
    }
  }
  return { shape: 'fixed', values: even, width: length, validity }
}

/** Reports the first null among the elements of each row that has one. */
export function reportNullComponents(
  { child, offsets, validity }: ListColumn,
  rowCount: number,
  report: ReportFault,
): void {
  if (child.validity === null) return
  for (let row = 0; row < rowCount; row++) {
    if (isNullAt(validity, row)) continue
    for (let element = offsets[row]; element < offsets[row + 1]; element++) {
      if (hasBit(child.validity, element)) continue
      report(row, `expected numbers, got null in component ${element - offsets[row]}`)
      break
    }
  }
}

export function isNullAt(validity: Uint8Array | null, row: number): boolean {
  return validity !== null && !hasBit(validity, row)
}

function isEven(offsets: Int32Array, rowCount: number, length: number): boolean {
  for (let row = 0; row < rowCount; row++) {
    if (offsets[row + 1] - offsets[row] !== length) return false
  }
  return true
}

function emptyLike(values: FixedValues, length: number): FixedValues {
  return new (values.constructor as new (length: number) => FixedValues)(length)
}

interface CompactList {
  readonly offsets: Int32Array
  readonly child: ElementsColumn
  readonly validity: Uint8Array | null
}

/** Lists whose child has their elements and no other: a null row's are left out. */
function compactList(column: ListColumn | NestedColumn, rowCount: number): CompactList {
  const { offsets, validity } = column
  const first = offsets[0]
  if (!hasHiddenElements(column, rowCount)) {
    const child = sliceColumn(column.child, first, offsets[rowCount]) as ElementsColumn
    const rebased = offsets.subarray(0, rowCount + 1).map((offset) => offset - first)
    return { offsets: rebased, child: rebasedElements(child), validity }
  }
  const emptied = new Int32Array(rowCount + 1)
  const elements: number[] = []
  for (let row = 0; row < rowCount; row++) {
    const end = isNullAt(validity, row) ? offsets[row] : offsets[row + 1]
    for (let element = offsets[row]; element < end; element++) elements.push(element)
    emptied[row + 1] = elements.length
  }
  const child = gatherColumn(column.child, Int32Array.from(elements)) as ElementsColumn
  return { offsets: emptied, child, validity }
}

function hasHiddenElements(
  { offsets, validity }: ListColumn | NestedColumn,
  rowCount: number,
): boolean {
  if (validity === null) return false
  for (let row = 0; row < rowCount; row++) {
    if (offsets[row + 1] > offsets[row] && !hasBit(validity, row)) return true
  }
  return false
}

function rebasedElements(child: ElementsColumn): ElementsColumn {
  if (child.shape !== 'bytes' || child.offsets[0] === 0) return child
  const first = child.offsets[0]
  const offsets = child.offsets.map((offset) => offset - first)
  return { ...child, offsets, bytes: child.bytes.subarray(first) }
}

function reportNullElements(
  { name, elementType }: Field,
  { validity }: ElementsColumn,
  count: number,
  report: ReportFault,
): void {
  if (validity === null) return
  for (let element = 0; element < count; element++) {
    if (hasBit(validity, element)) continue
    report(
      element,
      `expected a ${dataTypeName(elementType)}, got null: array element is not allowed to be null value for field '${name}'`,
    )
  }
}
