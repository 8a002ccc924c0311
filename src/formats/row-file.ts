import type { ByteSource } from '../source/byte-source.js'
import type { InputPart } from './format.js'
import { importError } from './import-error.js'
import { compressionOf } from './text/decompress.js'

/** The file of a group that must be one file. */
export function onlySource(formatName: string, sources: readonly ByteSource[]): ByteSource {
  const [source] = sources
  if (sources.length === 1) return source
  throw importError(
    {},
    `expected one file, got ${sources.length}: for ${formatName} import, accepts only one file`,
  )
}

/** The names of a text format's files, compressed ones too. */
export function textExtensions(...extensions: readonly string[]): string[] {
  return extensions.flatMap((extension) => [extension, `${extension}.gz`, `${extension}.zst`])
}

/** A part that is the whole file. Who reads a compressed one counts its bytes as they are decompressed. */
export async function wholePart(source: ByteSource): Promise<InputPart> {
  const isPlain = (await compressionOf(source)) === null
  const end = isPlain ? source.byteLength : Number.MAX_SAFE_INTEGER
  return { begin: 0, end, rowCount: null, bytes: source.byteLength }
}

/** @param cuts rising places inside of the file where rows begin */
export function partsBetween(source: ByteSource, cuts: readonly number[]): InputPart[] {
  const ends = [...cuts, source.byteLength]
  return ends.map((end, index) => {
    const begin = index === 0 ? 0 : ends[index - 1]
    return { begin, end, rowCount: null, bytes: end - begin }
  })
}
