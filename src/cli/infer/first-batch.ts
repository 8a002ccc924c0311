import type { ColumnBatch } from '../../column/column.js'
import type { ReadOptions } from '../../formats/format.js'
import { formatOf } from '../../formats/registry.js'
import { type Field, plainField } from '../../schema/field.js'
import type { ByteSource } from '../../source/byte-source.js'

/** The first rows of a file, read as if the collection had these fields; null where there are none. */
export async function firstBatch(
  sources: readonly ByteSource[],
  fields: readonly Field[],
  options: ReadOptions,
): Promise<ColumnBatch | null> {
  const format = formatOf(sources[0].name)!
  const [part] = await format.cut(sources, fields, options, 1)
  if (!part) return null
  const request = { sources, fields, reserved: [], options, part, from: null, onReject: null }
  const reader = await format.open(request)
  try {
    return await reader.next()
  } finally {
    reader.close()
  }
}

/** A field for a first look. */
export function lookField(
  fieldId: number,
  name: string,
  dataType: Field['dataType'],
  more: Partial<Field> = {},
): Field {
  return {
    ...plainField(fieldId, name, dataType),
    nullable: true,
    maxLength: 65535,
    maxCapacity: 2 ** 31 - 1,
    ...more,
  }
}
