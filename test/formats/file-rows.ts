import { hasBit } from '../../dist/column/bitmap.js'
import type { Column, ColumnBatch } from '../../dist/column/column.js'
import type { BatchReader, Checkpoint, InputPart, RejectedRow } from '../../dist/formats/format.js'
import { defaultReadOptions } from '../../dist/formats/format.js'
import { formatOf } from '../../dist/formats/registry.js'
import { DataType } from '../../dist/schema/data-type.js'
import type { Field } from '../../dist/schema/field.js'
import type { ByteSource } from '../../dist/source/byte-source.js'
import { openLocalSource } from '../../dist/source/local-source.js'

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

function valueAt(field: Field, column: Column, row: number): unknown {
  if (column.validity && !hasBit(column.validity, row)) return null
  if (column.shape === 'list') {
    const element = { ...field, dataType: field.elementType }
    const [begin, end] = column.offsets.subarray(row, row + 2)
    return Array.from({ length: end - begin }, (_, at) =>
      valueAt(element, column.child, begin + at),
    )
  }
  if (column.shape === 'bytes') {
    return bytesValue(field, column.bytes.slice(column.offsets[row], column.offsets[row + 1]))
  }
  const items = column.values.slice(row * column.width, (row + 1) * column.width)
  const values = Array.from(items as Iterable<number | bigint>, (item) => numberOf(field, item))
  return field.dataType >= DataType.BinaryVector ? values : values[0]
}

function numberOf({ dataType }: Field, value: number | bigint): unknown {
  if (typeof value === 'bigint') return String(value)
  if (dataType === DataType.Bool) return value === 1
  if (dataType === DataType.BFloat16Vector) {
    return new Float32Array(Uint32Array.of(value * 65536).buffer)[0]
  }
  return dataType === DataType.Float16Vector ? halfValue(value) : value
}

function halfValue(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function bytesValue({ dataType }: Field, bytes: Uint8Array): unknown {
  if (dataType !== DataType.SparseFloatVector) return Buffer.from(bytes).toString('utf8')
  const view = new DataView(bytes.buffer)
  const pairs = Array.from({ length: bytes.length / 8 }, (_, at) => [
    String(view.getUint32(at * 8, true)),
    view.getFloat32(at * 8 + 4, true),
  ])
  return Object.fromEntries(pairs)
}
