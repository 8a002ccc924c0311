import type { Field } from '../schema/field.js'
import type { SegmentFile } from '../segment/segment-file.js'
import { SegmentReader } from '../segment/segment-reader.js'
import {
  type ConflictRules,
  findKeyConflicts,
  type KeyConflicts,
  type SortedKeys,
} from './key-conflicts.js'

export interface KeyFile {
  readonly path: string
  readonly file: SegmentFile
  readonly deleted: Uint8Array | null
}

export interface KeyConflictsInput {
  readonly pk: Field
  readonly imported: readonly KeyFile[]
  readonly existing: readonly KeyFile[]
  readonly rules: ConflictRules
}

/** Finds in segment files which rows lose to others with their key; for a worker. */
export async function run(input: KeyConflictsInput): Promise<KeyConflicts> {
  const { pk, rules } = input
  const imported = await Promise.all(input.imported.map((each) => readKeys(each, pk)))
  const existing = await Promise.all(input.existing.map((each) => readKeys(each, pk)))
  return findKeyConflicts(imported, existing, rules)
}

export async function readKeys({ path, file, deleted }: KeyFile, pk: Field): Promise<SortedKeys> {
  const reader = await SegmentReader.open(path, file)
  try {
    const column = (await reader.readColumn(pk))!
    return { column, order: await reader.readPkOrder(), rowCount: file.rowCount, deleted }
  } finally {
    await reader.close()
  }
}
