import type { BytesColumn } from '../../column/column.js'
import type { ReadOptions } from '../../formats/format.js'
import { formatOf } from '../../formats/registry.js'
import { dynamicFieldName } from '../../schema/collection-schema.js'
import { DataType } from '../../schema/data-type.js'
import type { ByteSource } from '../../source/byte-source.js'
import { firstBatch, lookField } from './first-batch.js'
import { parseSample, type SampleValue, valueOfCell } from './sample-value.js'
import type { SeenColumn } from './seen-column.js'
import { columnFromValues } from './values-column.js'

const rowsMax = 1000

/**
 * The keys of JSON rows, or the columns of a CSV file, by the first thousand rows. They are read as if the
 * collection had no field but the dynamic one, which takes every key.
 */
export async function textColumns(
  sources: readonly ByteSource[],
  read: ReadOptions,
): Promise<SeenColumn[]> {
  const dynamic = lookField(0, dynamicFieldName, DataType.JSON, { isDynamic: true })
  const batch = await firstBatch(sources, [dynamic], read)
  if (batch === null) return []
  const texts = batch.columns.get(dynamic.fieldId) as BytesColumn
  const rowCount = Math.min(batch.rowCount, rowsMax)
  const isCsv = formatOf(sources[0].name)?.name === 'csv'
  const values = new Map<string, SampleValue[]>()
  for (let row = 0; row < rowCount; row++) {
    for (const [key, value] of Object.entries(rowAt(texts, row))) {
      const seen = values.get(key) ?? []
      values.set(key, seen)
      seen.push(isCsv ? valueOfCell(value, read.nullKey) : value)
    }
  }
  return [...values].map(([name, seen]) => columnFromValues(name, seen, rowCount))
}

function rowAt({ offsets, bytes }: BytesColumn, row: number): Record<string, SampleValue> {
  const text = new TextDecoder().decode(bytes.subarray(offsets[row], offsets[row + 1]))
  return parseSample(text) as Record<string, SampleValue>
}
