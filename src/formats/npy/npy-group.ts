import { basename, extname } from 'node:path'
import { isFillable } from '../../column/filled-column.js'
import { MillraceError } from '../../errors.js'
import type { Field } from '../../schema/field.js'
import type { ByteSource } from '../../source/byte-source.js'
import { importError } from '../import-error.js'
import { isRowNumber, rowNumberText } from '../row-number-field.js'
import { validateNpyFile } from './npy-check.js'
import { type NpyHeader, npyHeaderByteLength, parseNpyHeader } from './npy-header.js'

/** A .npy file and the field whose values it has. */
export interface NpyFile {
  readonly source: ByteSource
  readonly field: Field
  readonly header: NpyHeader
}

/** A set of .npy files that makes rows, checked. */
export interface NpyGroup {
  readonly rowCount: number
  /** In the order in which they were given. */
  readonly files: readonly NpyFile[]
  /** Fields without a file: null or the default. */
  readonly filledFields: readonly Field[]
  /** Files without a field. */
  readonly ignored: readonly ByteSource[]
}

/**
 * Looks at the headers of all files: each is the field that it is named for.
 * @param reserved fields that the files must not give
 * @throws importFailed naming file and field, expected and got
 */
export async function readNpyGroup(
  sources: readonly ByteSource[],
  fields: readonly Field[],
  reserved: readonly Field[],
): Promise<NpyGroup> {
  const named = sourcesByName(sources)
  for (const field of reserved) refuseReserved(field, named.get(field.name))
  const filledFields = fields.filter((field) => !named.has(field.name))
  for (const field of filledFields) refuseMissing(field, sources)
  const files = await readFiles(named, fields)
  const ignored = sources.filter((source) => !files.some((file) => file.source === source))
  return { rowCount: rowCountOf(files, sources), files, filledFields, ignored }
}

function sourcesByName(sources: readonly ByteSource[]): ReadonlyMap<string, ByteSource> {
  const named = new Map<string, ByteSource>()
  for (const source of sources) {
    const name = fieldNameOf(source)
    const first = named.get(name)
    if (first) {
      throw importError(
        { file: source.name, field: name },
        `expected one file a field, got this one and '${first.name}': duplicate file: '${source.name}'`,
      )
    }
    named.set(name, source)
  }
  return named
}

function fieldNameOf({ name }: ByteSource): string {
  return basename(name, extname(name))
}

function refuseReserved(field: Field, source: ByteSource | undefined): void {
  if (!source) return
  const place = { file: source.name, field: field.name }
  if (isRowNumber(field)) throw importError(place, rowNumberText(field))
  throw importError(
    place,
    field.isFunctionOutput
      ? `not allowed to provide data for function output field '${field.name}', but the file '${source.name}' has it`
      : `the primary key '${field.name}' is auto-generated, no need to provide, but the file '${source.name}' has it`,
  )
}

function refuseMissing(field: Field, sources: readonly ByteSource[]): void {
  if (isFillable(field)) return
  const names = sources.map(({ name }) => `'${name}'`).join(', ')
  throw importError(
    { field: field.name },
    `expected a file '${field.name}.npy', got ${names || 'no file'}: no file for field: ${field.name}: there is no file corresponding to field '${field.name}'`,
  )
}

async function readFiles(
  named: ReadonlyMap<string, ByteSource>,
  fields: readonly Field[],
): Promise<NpyFile[]> {
  const files: NpyFile[] = []
  for (const [name, source] of named) {
    const field = fields.find((candidate) => candidate.name === name)
    if (!field) continue
    const header = await readHeader(source, field)
    validateNpyFile(source.name, field, header, source.byteLength)
    files.push({ source, field, header })
  }
  return files
}

/** Enough for any header but those that are refused. */
const firstReadBytes = 4096

async function readHeader(source: ByteSource, field: Field): Promise<NpyHeader> {
  const first = await readStart(source, firstReadBytes)
  try {
    const byteLength = npyHeaderByteLength(first)
    return parseNpyHeader(
      byteLength <= first.byteLength ? first : await readStart(source, byteLength),
    )
  } catch (error) {
    if (!(error instanceof MillraceError) || error.kind !== 'importFailed') throw error
    throw importError(
      { file: source.name, field: field.name },
      `failed to read the file header '${source.name}', error: ${error.message}`,
      error,
    )
  }
}

async function readStart(source: ByteSource, byteLength: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(byteLength, source.byteLength))
  return bytes.subarray(0, await source.read(0, bytes))
}

function rowCountOf(files: readonly NpyFile[], sources: readonly ByteSource[]): number {
  if (files.length === 0) {
    const names = sources.map(({ name }) => `'${name}'`).join(', ')
    throw importError({}, `expected a file of at least one field, got ${names || 'no file'}`)
  }
  const [first] = files
  const rowCount = first.header.shape[0]
  for (const { source, field, header } of files) {
    const [rows] = header.shape
    if (rows === rowCount) continue
    throw importError(
      { file: source.name, field: field.name },
      `expected ${rowCount} rows as in '${first.source.name}', got ${rows}: imported rows are not aligned, field '${first.field.name}' with '${rowCount}' rows, field '${field.name}' with '${rows}' rows: the row count(${rowCount}) of file '${first.field.name}.npy' is not equal to row count(${rows}) of file '${field.name}.npy'`,
    )
  }
  return rowCount
}
