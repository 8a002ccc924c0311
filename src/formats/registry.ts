import { arrowFormat } from './arrow/arrow.js'
import type { Format } from './format.js'
import { hdf5Format } from './hdf5/hdf5.js'
import { npyFormat } from './npy/npy.js'
import { parquetFormat } from './parquet/parquet.js'
import { csvFormat } from './text/csv.js'
import { jsonFormat } from './text/json.js'
import { jsonlFormat } from './text/jsonl.js'
import { vecsFormat } from './vecs/vecs.js'

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
