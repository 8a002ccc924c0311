import { arrowFormat } from './arrow.js'
import { csvFormat } from './csv.js'
import type { Format } from './format.js'
import { hdf5Format } from './hdf5.js'
import { jsonFormat } from './json.js'
import { jsonlFormat } from './jsonl.js'
import { npyFormat } from './npy.js'
import { parquetFormat } from './parquet.js'
import { vecsFormat } from './vecs.js'

/** Every format that can be read. */
export const formats: readonly Format[] = [
  npyFormat,
  parquetFormat,
  arrowFormat,
  vecsFormat,
  hdf5Format,
  jsonFormat,
  jsonlFormat,
  csvFormat,
]

/** The format that a file's extension names, in whatever case. */
export function formatOf(path: string): Format | undefined {
  const name = path.toLowerCase()
  return formats.find(({ extensions }) => extensions.some((extension) => name.endsWith(extension)))
}
