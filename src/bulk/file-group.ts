import { MillraceError } from '../errors.js'
import type { Format } from '../formats/format.js'
import { formatOf } from '../formats/registry.js'
import type { ByteSource, SourceAddress } from '../source/byte-source.js'
import { openSource } from '../source/open-source.js'

/** The opened files that together make whole rows. */
export interface FileGroup {
  readonly format: Format
  readonly sources: readonly ByteSource[]
}

/** Runs `work` over the files, which are closed whatever comes of it. */
export async function withFileGroup<Result>(
  addresses: readonly SourceAddress[],
  work: (group: FileGroup) => Promise<Result>,
): Promise<Result> {
  const sources: ByteSource[] = []
  try {
    for (const address of addresses) sources.push(await openSource(address))
    return await work({ format: formatOfFile(addresses[0]), sources })
  } finally {
    for (const source of sources) await source.close()
  }
}

function formatOfFile({ name }: SourceAddress): Format {
  const format = formatOf(name)
  if (format) return format
  throw new MillraceError('importFailed', `unsupported file type: '${name}'`, { file: name })
}
