import { DataType } from '../../schema/data-type.js'
import { dimOf } from './dim-of.js'
import type { SampleValue } from './sample-value.js'
import type { SeenColumn } from './seen-column.js'

/**
 * The column that values of JSON make.
 * @param rowCount rows that were looked at: those without a value have a null
 */
export function columnFromValues(
  name: string,
  values: readonly SampleValue[],
  rowCount: number,
): SeenColumn {
  const present = values.filter((value) => value !== null)
  const hasNulls = present.length < rowCount
  return { name, hasNulls, ...typeOfValues(name, present) }
}

type SeenType = Omit<SeenColumn, 'name' | 'hasNulls'>

function typeOfValues(name: string, values: readonly SampleValue[]): SeenType {
  const plain = plainTypeOf(values)
  if (plain === DataType.VarChar) return { dataType: plain, bytesMax: longestOf(values) }
  if (plain !== null) return { dataType: plain }
  if (values.every(isList)) return listTypeOf(name, values)
  if (values.every(isSparse)) return { dataType: DataType.SparseFloatVector }
  return { dataType: DataType.JSON }
}

/** null for lists, objects and mixtures. Of nothing but nulls, a text is as good as anything. */
function plainTypeOf(values: readonly SampleValue[]): DataType | null {
  if (values.every((value) => typeof value === 'string')) return DataType.VarChar
  if (values.every((value) => typeof value === 'boolean')) return DataType.Bool
  if (!values.every((value) => typeof value === 'number')) return null
  return values.every(Number.isInteger) ? DataType.Int64 : DataType.Double
}

/** Lists of numbers of one length are vectors, unless they are short, whole and named otherwise. */
function listTypeOf(name: string, lists: readonly (readonly SampleValue[])[]): SeenType {
  const items = lists.flat()
  const elementType = plainTypeOf(items)
  if (elementType === null) return { dataType: DataType.JSON }
  const isNumeric = elementType === DataType.Double || elementType === DataType.Int64
  const dim = isNumeric ? dimOf(lists.map((list) => list.length)) : null
  const isWhole = elementType === DataType.Int64
  if (dim !== null && (!isWhole || looksLikeVector(name, dim))) {
    return { dataType: DataType.FloatVector, dim }
  }
  return {
    dataType: DataType.Array,
    elementType,
    elementsMax: Math.max(...lists.map((list) => list.length)),
    bytesMax: elementType === DataType.VarChar ? longestOf(items) : 0,
  }
}

function looksLikeVector(name: string, length: number): boolean {
  return length >= 16 || /vec|emb/i.test(name)
}

function isList(value: SampleValue): value is readonly SampleValue[] {
  return Array.isArray(value)
}

/** `{"17": 0.5}` or `{"indices": […], "values": […]}` */
function isSparse(value: SampleValue): boolean {
  if (value === null || typeof value !== 'object') return false
  const keys = Object.keys(value)
  if (keys.length === 2 && keys.includes('indices') && keys.includes('values')) return true
  return (
    keys.length > 0 &&
    keys.every((key) => /^\d{1,10}$/.test(key)) &&
    Object.values(value).every((item) => typeof item === 'number')
  )
}

function longestOf(texts: readonly SampleValue[]): number {
  return texts.reduce<number>(
    (longest, text) => Math.max(longest, Buffer.byteLength(String(text))),
    0,
  )
}
