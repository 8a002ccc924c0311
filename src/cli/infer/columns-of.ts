import { extname } from 'node:path'
import type { ReadOptions } from '../../formats/format.js'
import { formatOf } from '../../formats/registry.js'
import type { ByteSource } from '../../source/byte-source.js'
import { openLocalSource } from '../../source/local-source.js'
import { usage } from '../import-options.js'
import { arrowColumns, parquetColumns } from './arrow-columns.js'
import { npyColumns } from './npy-columns.js'
import type { SeenColumn } from './seen-column.js'
import { textColumns } from './text-columns.js'

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
  json: textColumns,
  jsonl: textColumns,
  csv: textColumns,
}

/** The columns of a group of files, by their headers and their first rows. */
export async function columnsOf(
  files: readonly string[],
  read: ReadOptions,
): Promise<readonly SeenColumn[]> {
  const [first] = files
  const look = looks[formatOf(first)?.name ?? '']
  if (!look) {
    throw usage(
      `--create: expected files of ${Object.keys(looks).join(', ')} to infer the schema from, got ${extname(first) || first}`,
    )
  }
  const sources = files.map((path) => openLocalSource({ kind: 'local', name: path, path }))
  try {
    return await look(sources, read)
  } finally {
    for (const source of sources) await source.close()
  }
}
