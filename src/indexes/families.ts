import { MillraceError } from '../errors.js'
import type { Field } from '../schema/field.js'
import { hnsw } from './hnsw/hnsw.js'
import type { IndexFamily, IndexSpec } from './index-family.js'
import { indexTypes } from './index-types.js'
import { ivf } from './ivf/ivf.js'

const families = new Map<string, IndexFamily>([hnsw, ivf].map((each) => [each.name, each]))

export function familyNamed(name: string): IndexFamily {
  return families.get(name)!
}

/** @throws ioFailed of an index's file that nobody would write now: one of an older release */
export function checkIndexFile(
  { buffer, byteOffset, byteLength }: Uint8Array,
  spec: IndexSpec,
  field: Field,
): void {
  const file = new DataView(buffer, byteOffset, byteLength)
  const family = familyNamed(indexTypes[spec.indexType].family!)
  if (byteLength >= 8 && family.isCurrent(file, spec, field)) return
  const begin = Array.from({ length: Math.min(4, byteLength) }, (_, at) => file.getUint8(at))
  const name = JSON.stringify(String.fromCharCode(...begin))
  throw new MillraceError(
    'ioFailed',
    `the file of an index begins with ${name} and has ${byteLength} bytes, as none of ${spec.indexType} does that this release writes`,
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
