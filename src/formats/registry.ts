import { extname } from 'node:path'
import { arrowFormat } from './arrow.js'
import type { Format } from './format.js'
import { npyFormat } from './npy.js'
import { parquetFormat } from './parquet.js'

/** Every format that can be read. */
export const formats: readonly Format[] = [npyFormat, parquetFormat, arrowFormat]

/** The format that a file's extension names, in whatever case. */
export function formatOf(path: string): Format | undefined {
  const extension = extname(path).toLowerCase()
  return formats.find((format) => format.extensions.includes(extension))
}
