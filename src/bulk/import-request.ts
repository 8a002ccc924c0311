import { extname } from 'node:path'
import type { Compat } from '../config.js'
import { MillraceError } from '../errors.js'
import { formatOf, formats } from '../formats/registry.js'
import {
  type CollectionSchema,
  defaultPartitionName,
  partitionKeyOf,
  primaryKeyOf,
} from '../schema/collection-schema.js'
import { type Dedupe, type ImportMode, parseImportOptions } from './import-options.js'
import type { ImportCollection } from './import-target.js'
import type { ImportRequest } from './import-task.js'
import { rowNumberFault } from './row-numbers.js'

/** Milvus: `dataCoord.import.maxImportFileNumPerReq`. */
const groupsMax = 1024
/** A group of more would hold as many files open at once; a collection has far fewer fields. */
const filesInGroupMax = 1024

/** What a user asks for before it is resolved: names, not ids. `partitionName` may be empty. */
export type NewImport = Omit<ImportRequest, 'collectionId' | 'partitionId'>

/**
 * Checks what can be told without looking at a file, and resolves the names; in the order of the newest
 * Milvus, with its codes and texts.
 * @throws importFailed, parameterInvalid, parameterMissing, partitionNotFound or unsupported
 */
export function checkImportRequest(
  request: NewImport,
  collection: ImportCollection,
  compat: Compat,
): ImportRequest {
  checkOptions(request, compat)
  const { mode, dedupe, rowNumberAs } = parseImportOptions(request.options)
  const partition = partitionOf(request, collection, { mode, compat })
  checkKeysAreGiven(collection.schema, mode, dedupe)
  if (rowNumberAs !== null) checkRowNumberField(collection.schema, rowNumberAs)
  const fileGroups = request.fileGroups.filter((group) => group.length > 0)
  checkGroupCount(fileGroups)
  for (const group of fileGroups) checkGroup(group, compat)
  return {
    ...request,
    fileGroups,
    collectionId: collection.collectionId,
    partitionId: partition?.partitionId ?? null,
    partitionName: partition?.name ?? '',
  }
}

function partitionOf(
  { partitionName }: NewImport,
  { schema, partitions }: ImportCollection,
  { mode, compat }: { readonly mode: ImportMode; readonly compat: Compat },
) {
  // As by Delete: in all partitions, where none is named.
  if (mode === 'delete' && partitionName === '') return null
  if (partitionKeyOf(schema)) {
    if (partitionName === '') return null
    const message = 'not allow to set partition name for collection with partition key'
    throw compat === '2.3' ? invalid(message) : refused(message)
  }
  const name = partitionName === '' ? defaultPartitionName : partitionName
  const partition = partitions.find((each) => each.name === name)
  if (partition) return partition
  throw new MillraceError('partitionNotFound', `partition not found[partition=${name}]`)
}

function checkGroupCount(fileGroups: ImportRequest['fileGroups']): void {
  if (fileGroups.length === 0) {
    throw invalid('import request is empty')
  }
  if (fileGroups.length > groupsMax) {
    throw refused(
      `The max number of import files should not exceed ${groupsMax}, but got ${fileGroups.length}`,
    )
  }
}

function checkGroup(files: readonly string[], compat: Compat): void {
  if (files.includes('')) {
    throw invalid(`a file name is empty, files=[${files.join(' ')}]`)
  }
  if (files.length > filesInGroupMax) {
    throw refused(`expected at most ${filesInGroupMax} files that make rows, got ${files.length}`)
  }
  if (compat === '2.3') {
    checkFormat23(files)
    return
  }
  const extension = extensionOf(files[0])
  const other = files.map(extensionOf).find((each) => each !== extension)
  if (other !== undefined) {
    throw refused(`inconsistency in file types, (${extension}) vs (${other}) in ${listed(files)}`)
  }
  checkFormat(files)
}

function checkFormat(files: readonly string[]): void {
  const format = formatOf(files[0])
  if (!format) {
    const expected = formats.flatMap(({ extensions }) => extensions).join(', ')
    throw refused(`unexpected file type, ${listed(files)}: expected ${expected}`)
  }
  if (format.isRowFile && files.length > 1) {
    const name = milvusNames.get(format.name) ?? format.name
    throw refused(`for ${name} import, accepts only one file, got ${listed(files)}`)
  }
}

/** Milvus 2.3: what is no row file of its own fails later, when it is read. */
function checkFormat23(files: readonly string[]): void {
  const firstRowFile = files.findIndex((file) => formatOf(file)?.isRowFile)
  if (firstRowFile < 0) return
  const other = files.slice(firstRowFile).find((file) => !formatOf(file)?.isRowFile)
  if (other !== undefined) {
    throw new MillraceError(
      'unexpected',
      `row-based data file type must be JSON or Parquet, file type '${extensionOf(other)}' is not allowed`,
    )
  }
  if (files.length === 1) return
  throw new MillraceError(
    'unexpected',
    'for JSON or parquet file, each task only accepts one file, not allowed to input multiple files',
  )
}

const milvusNames: ReadonlyMap<string, string> = new Map([
  ['json', 'JSON'],
  ['jsonl', 'JSON'],
  ['parquet', 'Parquet'],
  ['csv', 'CSV'],
])

/** An option that we do not know changes nothing and is echoed; one of these would change what is read. */
const refusedOptions: ReadonlyMap<string, string> = new Map([
  ['backup', 'the binlogs of a backup are not read'],
  ['l0_import', 'delete logs are not read'],
])

function checkOptions({ options, partitionName }: NewImport, compat: Compat): void {
  for (const [key, value] of options) {
    const why = refusedOptions.get(key)
    if (why === undefined || value.toLowerCase() !== 'true') continue
    if (key === 'backup' && partitionName === '') throw noPartition(compat)
    throw new MillraceError(
      'unsupported',
      `import option ${key}=${value}: ${why}: unsupported operation`,
    )
  }
}

/** Milvus: a backup is of one partition. The newest code is another one than 2.3's. */
function noPartition(compat: Compat): MillraceError {
  const message = 'partition not specified'
  if (compat === '2.3') return invalid(message)
  return new MillraceError('parameterMissing', `${message}: missing parameter`)
}

/** Rows whose keys nobody gave are like no others. */
function checkKeysAreGiven(schema: CollectionSchema, mode: ImportMode, dedupe: Dedupe): void {
  if (!primaryKeyOf(schema).autoId || mode === 'delete') return
  if (mode === 'insert' && dedupe === 'none') return
  const option = mode === 'insert' ? `dedupe=${dedupe}` : `mode=${mode}`
  throw invalid(
    `import option ${option}: expected a collection whose keys are given, got one with auto ids`,
  )
}

function checkRowNumberField({ fields }: CollectionSchema, name: string): void {
  const field = fields.find((each) => each.name === name)
  const names = fields.map((each) => `'${each.name}'`).join(', ')
  const fault = field ? rowNumberFault(field) : `'${name}' of a collection of ${names}`
  if (fault === null) return
  throw new MillraceError(
    'parameterInvalid',
    `import option row_number_as: expected an Int64 field, or a VarChar of max_length 16 or more, got ${fault}: invalid parameter`,
  )
}

function extensionOf(file: string): string {
  return extname(file).toLowerCase()
}

function listed(files: readonly string[]): string {
  return `files=[${files.join(' ')}]`
}

function invalid(message: string): MillraceError {
  return new MillraceError('parameterInvalid', `${message}: invalid parameter`)
}

function refused(message: string): MillraceError {
  return new MillraceError('importFailed', `${message}: importing data failed`)
}
