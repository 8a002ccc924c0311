import { extname } from 'node:path'
import type { ReadOptions } from '../../formats/format.js'
import { formatOf } from '../../formats/registry.js'
import type { ByteSource } from '../../source/byte-source.js'
import { usage } from '../usage.js'
import { arrowColumns, parquetColumns } from './arrow-columns.js'
import { hdf5Columns } from './hdf5-columns.js'
import { npyColumns } from './npy-columns.js'
import type { SeenColumn } from './seen-column.js'
import { textColumns } from './text-columns.js'
import { vecsColumns } from './vecs-columns.js'

/** How the columns of each format are found. */
const looks: Readonly<
  Record<
    string,
    (sources: readonly ByteSource[], read: ReadOptions) => Promise<readonly SeenColumn[]>
  >
> = {
  npy: npyColumns,
  parquet: parquetColumns,
  arrow: arrowColumns,
  hdf5: hdf5Columns,
  vecs: vecsColumns,
  json: textColumns,
  jsonl: textColumns,
  csv: textColumns,
}

/** The columns of a group of files, by their headers and their first rows. */
export async function columnsOf(
  sources: readonly ByteSource[],
  read: ReadOptions,
): Promise<readonly SeenColumn[]> {
  const [{ name: first }] = sources
  const look = looks[formatOf(first)?.name ?? '']
  if (!look) {
    throw usage(
      `--create: expected files of ${Object.keys(looks).join(', ')} to infer the schema from, got ${extname(first) || first}`,
    )
  }
  return look(sources, read)
}
