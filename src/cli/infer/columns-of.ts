import { extname } from 'node:path'
import { formatOf } from '../../formats/registry.js'
import type { ByteSource } from '../../source/byte-source.js'
import { openLocalSource } from '../../source/local-source.js'
import { usage } from '../import-options.js'
import { npyColumns } from './npy-columns.js'
import { parquetColumns } from './parquet-columns.js'
import type { SeenColumn } from './seen-column.js'
import { textColumns } from './text-columns.js'

/** How the columns of each format are found. */
const looks: Readonly<
  Record<string, (sources: readonly ByteSource[]) => Promise<readonly SeenColumn[]>>
> = {
  npy: npyColumns,
  parquet: parquetColumns,
  json: textColumns,
  jsonl: textColumns,
  csv: textColumns,
}

/** The columns of a group of files, by their headers and their first rows. */
export async function columnsOf(files: readonly string[]): Promise<readonly SeenColumn[]> {
  const [first] = files
  const look = looks[formatOf(first)?.name ?? '']
  if (!look) {
    throw usage(
      `--create: expected files of ${Object.keys(looks).join(', ')} to infer the schema from, got ${extname(first) || first}`,
    )
  }
  const sources = files.map((path) => openLocalSource({ kind: 'local', name: path, path }))
  try {
    return await look(sources)
  } finally {
    for (const source of sources) await source.close()
  }
}
