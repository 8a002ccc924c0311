import { File, FS, ready } from 'h5wasm'
import type { Table } from './random-table.js'
import { columnsOf, type FileColumn } from './table-columns.js'

let fileCount = 0

/** A dataset for each field; none may have nulls, booleans or lists of different lengths. */
export async function hdf5Bytes(table: Table, isChunked: boolean): Promise<Uint8Array> {
  await ready
  const files = FS as unknown as {
    readFile(path: string): Uint8Array
    unlink(path: string): void
  }
  const path = `/table-${fileCount++}.h5`
  const file = new File(path, 'w')
  for (const column of columnsOf(table)) writeDataset(file, column, isChunked)
  file.close()
  const bytes = files.readFile(path).slice()
  files.unlink(path)
  return bytes
}

function writeDataset(file: File, { name, kind, isList, values }: FileColumn, isChunked: boolean) {
  const items = values.flat()
  if (kind === 'text') {
    file.create_dataset({ name, data: items.map(String) })
    return
  }
  const width = items.length / values.length
  const shape = isList ? [values.length, width] : [values.length]
  const chunkRows = Math.min(2, values.length)
  const chunks = isList ? [chunkRows, width] : [chunkRows]
  const packing = isChunked ? { chunks, compression: 'gzip' as const } : {}
  file.create_dataset({ name, data: typedArray(kind, items), shape, ...packing })
}

function typedArray(kind: FileColumn['kind'], items: readonly unknown[]) {
  const numbers = items as number[]
  switch (kind) {
    case 'int8':
      return Int8Array.from(numbers)
    case 'uint8':
      return Uint8Array.from(numbers)
    case 'int16':
      return Int16Array.from(numbers)
    case 'int64':
      return BigInt64Array.from(items as bigint[])
    case 'float32':
      return Float32Array.from(numbers)
    case 'float64':
      return Float64Array.from(numbers)
    default:
      return Int32Array.from(numbers)
  }
}
