import { basename } from 'node:path'
import { importError } from '../../formats/import-error.js'
import {
  type NpyHeader,
  npyHeaderByteLength,
  parseNpyHeader,
} from '../../formats/npy/npy-header.js'
import { DataType } from '../../schema/data-type.js'
import type { ByteSource } from '../../source/byte-source.js'
import { usage } from '../usage.js'
import type { SeenColumn } from './seen-column.js'

const prefixBytes = 12

/** A column a file, by its header. */
export async function npyColumns(sources: readonly ByteSource[]): Promise<SeenColumn[]> {
  const columns: SeenColumn[] = []
  for (const source of sources) {
    columns.push(columnFrom(source, await readHeader(source)))
  }
  return columns
}

async function readHeader(source: ByteSource): Promise<NpyHeader> {
  const prefix = await firstBytes(source, prefixBytes)
  try {
    return parseNpyHeader(await firstBytes(source, npyHeaderByteLength(prefix)))
  } catch (error) {
    throw importError({ file: source.name }, (error as Error).message, error)
  }
}

async function firstBytes(source: ByteSource, byteLength: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(byteLength)
  return bytes.subarray(0, await source.read(0, bytes))
}

const scalars: Readonly<Record<string, DataType>> = {
  b1: DataType.Bool,
  i1: DataType.Int8,
  i2: DataType.Int16,
  i4: DataType.Int32,
  i8: DataType.Int64,
  u1: DataType.Int16,
  u2: DataType.Int32,
  u4: DataType.Int64,
  u8: DataType.Int64,
  f2: DataType.Float,
  f4: DataType.Float,
  f8: DataType.Double,
  U: DataType.VarChar,
  S: DataType.VarChar,
  ...Object.fromEntries(
    ['s', 'ms', 'us', 'ns', 'm', 'h', 'D'].map((unit) => [`M8[${unit}]`, DataType.Timestamptz]),
  ),
}

const vectors: Readonly<Record<string, DataType>> = {
  f2: DataType.Float16Vector,
  f4: DataType.FloatVector,
  f8: DataType.FloatVector,
  u1: DataType.BinaryVector,
  i1: DataType.Int8Vector,
}

function columnFrom(source: ByteSource, { dtype, shape }: NpyHeader): SeenColumn {
  const name = basename(source.name).replace(/\.npy$/i, '')
  const column = { name, hasNulls: false }
  if (shape.length === 1) {
    return { ...column, dataType: scalars[dtype.code], bytesMax: dtype.itemBytes }
  }
  const dataType = shape.length === 2 ? vectors[dtype.code] : undefined
  if (dataType === undefined) {
    throw usage(
      `--create: ${source.name}: expected a column of values or of vectors, got '${dtype.descr}' of shape (${shape.join(', ')})`,
    )
  }
  const dim = dataType === DataType.BinaryVector ? shape[1] * 8 : shape[1]
  return { ...column, dataType, dim }
}
