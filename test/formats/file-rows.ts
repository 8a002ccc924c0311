import type { ColumnBatch } from '../../dist/column/column.js'
import type { BatchReader, Checkpoint, InputPart, RejectedRow } from '../../dist/formats/format.js'
import { defaultReadOptions } from '../../dist/formats/format.js'
import { formatOf } from '../../dist/formats/registry.js'
import type { Field } from '../../dist/schema/field.js'
import type { ByteSource } from '../../dist/source/byte-source.js'
import { openLocalSource } from '../../dist/source/local-source.js'
import { valueAt } from '../support/column-values.js'

/** A row as JSON: int64 as text, bytes of a BinaryVector as they are, 16-bit floats as numbers. */
export type Row = Record<string, unknown>

interface Asked {
  readonly parts?: number
  readonly from?: Checkpoint
  readonly onReject?: (row: RejectedRow) => void
  /** Told of each batch, before it is turned into rows. */
  readonly onBatch?: (batch: ColumnBatch, reader: BatchReader, part: InputPart) => void
}

/** All rows of a file, read in so many parts. */
export async function rowsOf(
  path: string,
  fields: readonly Field[],
  asked: Asked = {},
): Promise<Row[]> {
  const source = openLocalSource({ kind: 'local', name: path, path })
  try {
    return await rowsOfSource(source, fields, asked)
  } finally {
    await source.close()
  }
}

export async function rowsOfSource(
  source: ByteSource,
  fields: readonly Field[],
  asked: Asked = {},
): Promise<Row[]> {
  const format = formatOf(source.name)!
  await format.outline([source], fields, [], defaultReadOptions)
  const parts = await format.cut([source], fields, defaultReadOptions, asked.parts ?? 1)
  const rows: Row[] = []
  for (const part of parts) {
    const reader = await format.open({
      sources: [source],
      fields,
      reserved: [],
      options: defaultReadOptions,
      part,
      from: asked.from ?? null,
      onReject: asked.onReject ?? null,
    })
    for (let batch = await reader.next(); batch; batch = await reader.next()) {
      asked.onBatch?.(batch, reader, part)
      for (let row = 0; row < batch.rowCount; row++) rows.push(rowOf(fields, batch, row))
    }
    reader.close()
  }
  return rows
}

function rowOf(fields: readonly Field[], batch: ColumnBatch, row: number): Row {
  return Object.fromEntries(
    fields.map((field) => [field.name, valueAt(field, batch.columns.get(field.fieldId)!, row)]),
  )
}
