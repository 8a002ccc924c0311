import { MillraceError } from '../errors.js'
import { hnsw } from './hnsw/hnsw.js'
import type { IndexFamily, IndexSpec } from './index-family.js'
import { indexTypes } from './index-types.js'
import { ivf } from './ivf/ivf.js'

const families = new Map<string, IndexFamily>([hnsw, ivf].map((each) => [each.name, each]))

export function familyNamed(name: string): IndexFamily {
  return families.get(name)!
}

/** @throws ioFailed of an index's file that no family would write now: one of an older release */
export function checkIndexFile({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const head = new DataView(buffer, byteOffset, byteLength)
  if (byteLength >= 8 && [...families.values()].some((family) => family.isCurrent(head))) return
  const begin = Array.from({ length: Math.min(4, byteLength) }, (_, at) => head.getUint8(at))
  throw new MillraceError(
    'ioFailed',
    `the file of an index begins with ${JSON.stringify(String.fromCharCode(...begin))}, as none does that this release writes`,
  )
}

/** Who builds an index over so many rows; null: nobody, since a scan of them is as good. */
export function familyFor({ indexType }: IndexSpec, rowCount: number): IndexFamily | null {
  const { family, rowsMin } = indexTypes[indexType]
  return family === null || rowCount < rowsMin ? null : familyNamed(family)
}

/** Whether there is anything to build for an index of enough rows. */
export function isBuilt({ indexType }: IndexSpec): boolean {
  return indexTypes[indexType].family !== null
}
