import { filledColumn, isFillable } from '../../column/filled-column.js'
import { dataTypeName } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { shortNameOf, type UserField, userFieldsOf } from '../../schema/struct-array.js'
import type { ReadOptions } from '../format.js'
import { importError } from '../import-error.js'
import { isRowNumber, rowNumberText } from '../row-number-field.js'
import type { ArrowConversion } from './arrow-conversion.js'
import { arrowConversionOf } from './arrow-mapping.js'
import { type ArrowMember, type ArrowType, arrowTypeName } from './arrow-type.js'

/** A field, and the column of a file that has its values. */
export interface MatchedColumn {
  readonly field: Field
  /** In the order of the file's columns. */
  readonly columnIndex: number
  /** The member of the column's structs that has them; null: the column itself. */
  readonly memberIndex: number | null
  readonly convert: ArrowConversion
}

export interface ColumnMatch {
  readonly matched: readonly MatchedColumn[]
  /** Fields without a column: null or the default. */
  readonly filledFields: readonly Field[]
  /** Columns without a field. */
  readonly ignored: readonly string[]
}

/** What is said of a file's columns. */
interface ColumnWords {
  readonly file: string
  /** `parquet`, as in "there is no field in parquet file". */
  readonly format: string
}

/**
 * Finds the column of each field by its name, in any order, and checks its type.
 * @param reserved fields that the file must not give
 * @throws importFailed naming file and field, expected and got; the words at the end are Milvus's
 */
export function matchColumns(
  words: ColumnWords,
  columns: readonly ArrowMember[],
  fields: readonly Field[],
  reserved: readonly Field[],
): ColumnMatch {
  const { file } = words
  refuseTwins(file, columns)
  for (const field of reserved) refuseReserved(file, field, columns)
  const matched: MatchedColumn[] = []
  const filledFields: Field[] = []
  for (const userField of userFieldsOf(fields)) {
    const columnIndex = columns.findIndex(({ name }) => name === userField.name)
    if (userField.struct) refuseSubFields(file, userField, columns)
    if (columnIndex < 0) {
      refuseMissing(words, userField, columns)
      filledFields.push(...userField.fields)
    } else if (userField.struct) {
      matched.push(...matchStruct(file, userField, columns[columnIndex].type, columnIndex))
    } else {
      const [field] = userField.fields
      const convert = conversionOf(file, field, columns[columnIndex].type)
      matched.push({ field, columnIndex, memberIndex: null, convert })
    }
  }
  if (matched.length === 0) refuseStranger(file, columns)
  return { matched, filledFields, ignored: ignoredOf(columns, matched) }
}

/**
 * What is said of columns without a field.
 * @throws importFailed where they are not to be ignored
 */
export function ignoredWarnings(
  file: string,
  { ignored }: ColumnMatch,
  { refusesExtraColumns }: ReadOptions,
): string[] {
  const [extra] = ignored
  if (extra !== undefined && refusesExtraColumns) {
    throw importError(
      { file, field: extra },
      `expected columns of fields only, got '${extra}': the field: ${extra} is not in schema, if it's a dynamic field, please reformat data by bulk_writer`,
    )
  }
  return ignored.map((name) => `the column '${name}' of '${file}' has no field and was ignored`)
}

function refuseTwins(file: string, columns: readonly ArrowMember[]): void {
  const names = new Set<string>()
  for (const { name } of columns) {
    if (names.has(name)) {
      throw importError(
        { file, field: name },
        `expected each column once, got two: there is multi field with name: ${name}: there is multi field of fieldName: ${name}`,
      )
    }
    names.add(name)
  }
}

function refuseReserved(file: string, field: Field, columns: readonly ArrowMember[]): void {
  const { name } = field
  if (!columns.some((column) => column.name === name)) return
  if (isRowNumber(field)) throw importError({ file, field: name }, rowNumberText(field))
  throw importError(
    { file, field: name },
    field.isFunctionOutput
      ? `expected no column, got one: not allowed to provide data for function output field '${name}'`
      : `expected no column, got one: the primary key '${name}' is auto-generated, no need to provide: the field: ${name} is primary key, and autoID is true, please remove it from file`,
  )
}

function refuseMissing(
  { file, format }: ColumnWords,
  { name, fields }: UserField,
  columns: readonly ArrowMember[],
): void {
  if (isFillable(fields[0])) return
  throw importError(
    { file, field: name },
    `expected a column '${name}', got ${namesOf(columns)}: no ${format} field for milvus field '${name}': there is no field in ${format} file of name: ${name}`,
  )
}

function refuseStranger(file: string, columns: readonly ArrowMember[]): never {
  throw importError({ file }, `expected a column of at least one field, got ${namesOf(columns)}`)
}

function namesOf(columns: readonly ArrowMember[]): string {
  return columns.map(({ name }) => `'${name}'`).join(', ') || 'none'
}

function conversionOf(file: string, field: Field, type: ArrowType): ArrowConversion {
  const convert = arrowConversionOf(field, type)
  if (convert) return convert
  const expected = fieldTypeName(field)
  const got = arrowTypeName(type)
  throw importError(
    { file, field: field.name },
    `schema not equal, err=expect '${expected}' type for field '${field.name}', but got '${got}' type: field schema is not match, collection field dataType: ${expected}, file field dataType:${got}`,
  )
}

/** Milvus: sub-fields come as the members of a list of structs, none by itself. */
function refuseSubFields(
  file: string,
  { name, fields }: UserField,
  columns: readonly ArrowMember[],
): void {
  const flat = fields.find((field) => columns.some((column) => column.name === field.name))
  if (!flat) return
  throw importError(
    { file, field: flat.name },
    `expected one column '${name}' of list<struct>, got a column '${flat.name}' of a sub-field by itself`,
  )
}

function matchStruct(
  file: string,
  { name, fields }: UserField,
  type: ArrowType,
  columnIndex: number,
): MatchedColumn[] {
  const members = type.kind === 'list' && type.item.kind === 'struct' ? type.item.members : null
  if (!members) {
    if (type.kind === 'null' && isFillable(fields[0])) return fillersOf(fields, columnIndex)
    throw importError(
      { file, field: name },
      `expected a column '${name}' of list<struct>, got '${arrowTypeName(type)}': field schema is not match, collection field dataType: ArrayOfStruct, file field dataType:${arrowTypeName(type)}`,
    )
  }
  const stranger = members.find((each) => !fields.some((field) => shortNameOf(field) === each.name))
  if (stranger) {
    throw importError(
      { file, field: name },
      `expected the sub-fields ${fields.map((field) => `'${shortNameOf(field)}'`).join(', ')}, got '${stranger.name}' too: it is not a sub-field of struct field '${name}'`,
    )
  }
  return fields.map((field) => {
    const memberIndex = members.findIndex((member) => member.name === shortNameOf(field))
    if (memberIndex < 0) throw missingMember(file, field, members)
    const item = { kind: 'list', item: members[memberIndex].type } as const
    return { field, columnIndex, memberIndex, convert: conversionOf(file, field, item) }
  })
}

function fillersOf(fields: readonly Field[], columnIndex: number): MatchedColumn[] {
  const convert =
    (field: Field): ArrowConversion =>
    (_, rowCount) =>
      filledColumn(field, rowCount)
  return fields.map((field) => ({ field, columnIndex, memberIndex: null, convert: convert(field) }))
}

function missingMember(file: string, field: Field, members: readonly ArrowMember[]) {
  return importError(
    { file, field: field.name },
    `expected a member '${shortNameOf(field)}' of the structs, got ${namesOf(members)}: value of field '${field.name}' is missed`,
  )
}

function fieldTypeName({ dataType, elementType }: Field): string {
  if (elementType === 0) return dataTypeName(dataType)
  return `${dataTypeName(dataType)} of ${dataTypeName(elementType)}`
}

function ignoredOf(columns: readonly ArrowMember[], matched: readonly MatchedColumn[]): string[] {
  return columns
    .filter((_, index) => !matched.some(({ columnIndex }) => columnIndex === index))
    .map(({ name }) => name)
}
