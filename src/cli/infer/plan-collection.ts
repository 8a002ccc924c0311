import type { NewField } from '../../client/new-field.js'
import { DataType, dataTypeName, isIntegerType, isVectorType } from '../../schema/data-type.js'
import { arrayCapacityMax, varCharBytesMax } from '../../schema/limits.js'
import type { ByteSource } from '../../source/byte-source.js'
import type { PlannedCollection } from '../database.js'
import type { CreateOptions } from '../import-options.js'
import { usage } from '../usage.js'
import { columnsOf } from './columns-of.js'
import type { SeenColumn } from './seen-column.js'

/** A key that is made, where --pk names none. */
const madeKeyName = 'id'
const keyNames = ['id', 'pk']
const madeKey = { dataType: DataType.Int64, isPrimary: true, autoId: true } as const

/**
 * The collection that files would go into.
 * @throws parameterInvalid where it has no key or no vector; importFailed where a file cannot be read
 */
export async function planCollection(
  name: string,
  sources: readonly ByteSource[],
  options: CreateOptions,
): Promise<PlannedCollection> {
  const columns = await columnsOf(sources, options.read)
  const fields = fieldsOf(columns, options)
  const metrics = metricsOf(fields, options.metric)
  if (metrics.size === 0) {
    throw usage(
      `--create: expected a column of vectors, got ${columns.map(columnText).join(', ') || 'no column'}`,
    )
  }
  return { name, fields, metrics }
}

function fieldsOf(columns: readonly SeenColumn[], options: CreateOptions): NewField[] {
  const { pk, autoId, rowNumberAs } = options
  if (autoId) {
    const key = pk ?? madeKeyName
    if (columns.some(({ name }) => name === key)) {
      throw usage(
        `--auto-id: expected files without the column "${key}", which would be made: name another key with --pk, or leave --auto-id out`,
      )
    }
    return [{ name: key, ...madeKey }, ...columns.map(fieldFrom)]
  }
  if (rowNumberAs !== null) return fieldsWithNumbers(columns, rowNumberAs, pk)
  const key = keyOf(columns, pk)
  const others = columns.filter((column) => column !== key)
  return [keyFieldFrom(key), ...others.map(fieldFrom)]
}

/** The rows' numbers are the key, unless another is named. */
function fieldsWithNumbers(
  columns: readonly SeenColumn[],
  name: string,
  pk: string | null,
): NewField[] {
  if (columns.some((column) => column.name === name)) {
    throw usage(`--row-number-as: expected a field that no file has, got "${name}"`)
  }
  const number = { name, dataType: DataType.Int64 }
  if (pk === null || pk === name) return [{ ...number, isPrimary: true }, ...columns.map(fieldFrom)]
  const key = keyOf(columns, pk)
  const others = columns.filter((column) => column !== key)
  return [keyFieldFrom(key), number, ...others.map(fieldFrom)]
}

function keyOf(columns: readonly SeenColumn[], pk: string | null): SeenColumn {
  const names = pk === null ? keyNames : [pk]
  const [key] = names.flatMap((name) => columns.filter((column) => column.name === name))
  const columnNames = columns.map(({ name }) => `"${name}"`).join(', ')
  if (!key && pk !== null) {
    throw usage(
      `--pk: expected one of ${columnNames}, got "${pk}": --row-number-as ${pk} makes it of the rows' numbers`,
    )
  }
  if (!key) {
    throw usage(
      `--create: expected a column "id" or "pk", got ${columnNames}: name the key with --pk, let it be made with --auto-id, or take the rows' numbers with --row-number-as id`,
    )
  }
  if (isIntegerType(key.dataType) || key.dataType === DataType.VarChar) return key
  throw usage(
    `--pk: expected a column of integers or of texts, got "${key.name}", which is ${columnText(key)}`,
  )
}

function keyFieldFrom(column: SeenColumn): NewField {
  if (column.hasNulls) throw usage(`--pk: expected a column without nulls, got "${column.name}"`)
  const { name } = column
  if (column.dataType !== DataType.VarChar) {
    return { name, dataType: DataType.Int64, isPrimary: true }
  }
  return { ...fieldFrom(column), isPrimary: true }
}

function fieldFrom(column: SeenColumn): NewField {
  const { name, dataType, elementType, dim, bytesMax, elementsMax, hasNulls } = column
  const isText = dataType === DataType.VarChar || elementType === DataType.VarChar
  return {
    name,
    dataType,
    ...(dataType === DataType.Array ? { elementType } : {}),
    ...(dim === undefined ? {} : { dim }),
    ...(isText ? { maxLength: withHeadroom(bytesMax ?? 0, 256, varCharBytesMax) } : {}),
    ...(dataType === DataType.Array
      ? { maxCapacity: withHeadroom(elementsMax ?? 0, 64, arrayCapacityMax) }
      : {}),
    ...(hasNulls ? { nullable: true } : {}),
  }
}

/** Rows that were not looked at may have more: four times as much, as a power of two. */
function withHeadroom(seen: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, 2 ** Math.ceil(Math.log2(Math.max(1, seen) * 4))))
}

function metricsOf(fields: readonly NewField[], metric: string | null): Map<string, string> {
  const metrics = new Map<string, string>()
  for (const { name, dataType } of fields) {
    if (!isVectorType(dataType)) continue
    const fitting = metricsFitting(dataType)
    if (metric !== null && !fitting.includes(metric)) {
      throw usage(
        `--metric: expected one of ${fitting.join(', ')} for "${name}", which is ${dataTypeName(dataType)}, got ${metric}`,
      )
    }
    metrics.set(name, metric ?? fitting[0])
  }
  return metrics
}

/** The usual one first. */
function metricsFitting(dataType: DataType): readonly string[] {
  if (dataType === DataType.BinaryVector) return ['HAMMING', 'JACCARD']
  return dataType === DataType.SparseFloatVector ? ['IP'] : ['COSINE', 'L2', 'IP']
}

function columnText({ name, dataType }: SeenColumn): string {
  return `"${name}" (${dataTypeName(dataType)})`
}
