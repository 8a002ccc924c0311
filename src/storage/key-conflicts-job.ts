import type { FixedColumn } from '../column/column.js'
import type { Field } from '../schema/field.js'
import type { SegmentFile } from '../segment/segment-file.js'
import { SegmentReader } from '../segment/segment-reader.js'
import { importOrderField } from './import-order.js'
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
  const imported = await Promise.all(input.imported.map((each) => readImportedKeys(each, pk)))
  const existing = await Promise.all(input.existing.map((each) => readKeys(each, pk)))
  return findKeyConflicts(imported, existing, rules)
}

/** The keys with the rows' places in their import's input, where the segment has them. */
export function readImportedKeys(file: KeyFile, pk: Field): Promise<SortedKeys> {
  return withReader(file, async (reader) => {
    const places = (await reader.readColumn(importOrderField)) as FixedColumn | undefined
    const keys = await keysOf(reader, file, pk)
    return places ? { ...keys, places: places.values as Float64Array } : keys
  })
}

function readKeys(file: KeyFile, pk: Field): Promise<SortedKeys> {
  return withReader(file, (reader) => keysOf(reader, file, pk))
}

async function keysOf(
  reader: SegmentReader,
  { file: { rowCount }, deleted }: KeyFile,
  pk: Field,
): Promise<SortedKeys> {
  const column = (await reader.readColumn(pk))!
  return { column, order: await reader.readPkOrder(), rowCount, deleted, places: null }
}

async function withReader<Result>(
  { path, file }: KeyFile,
  work: (reader: SegmentReader) => Promise<Result>,
): Promise<Result> {
  const reader = await SegmentReader.open(path, file)
  try {
    return await work(reader)
  } finally {
    await reader.close()
  }
}
