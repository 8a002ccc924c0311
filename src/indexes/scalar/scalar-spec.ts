import { MillraceError } from '../../errors.js'
import {
  DataType,
  dataTypeName,
  isFloatingType,
  isIntegerType,
  isStringType,
} from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { flatParams } from '../index-spec.js'
import { indexTypes } from '../index-types.js'

/** What an index on a field that holds no vectors is to be. */
interface ScalarSpec {
  /** Milvus's name of what builds it; AUTOINDEX has been resolved. */
  readonly indexType: string
  /** Of a path in JSON documents: its text as given, empty for the whole document, and what its values are. */
  readonly json: { readonly path: string; readonly cast: string } | null
  /** Whether its values are gathered; if not, filters look at every row. */
  readonly isBuilt: boolean
}

/**
 * What the parameters of an index on a scalar field mean.
 * @throws parameterInvalid with Milvus's text
 */
export function scalarSpecOf(field: Field, params: Parameters<typeof flatParams>[0]): ScalarSpec {
  const values = flatParams(params)
  const asked = (values.get('index_type') || 'AUTOINDEX').toUpperCase()
  const indexType = asked === 'AUTOINDEX' ? automaticType(field) : asked
  const check = checks[indexType]
  if (!check) throw unknownType(indexType)
  check(field)
  if (field.dataType !== DataType.JSON) {
    return { indexType, json: null, isBuilt: gathered.includes(indexType) }
  }
  const json = { path: values.get('json_path') ?? '', cast: castOf(indexType, values) }
  // Milvus: a text that is converted to a number is found as one, by the index alone. Here an index
  // changes no answer.
  const isConverted = values.has('json_cast_function')
  return { indexType, json, isBuilt: gathered.includes(indexType) && !isConverted }
}

/** All but one of them are the same structure, which chooses lists or bitmaps of rows value by value. */
const gathered = ['STL_SORT', 'TRIE', 'BITMAP', 'INVERTED', 'HYBRID', 'RTREE']

function automaticType({ dataType }: Field): string {
  if (dataType === DataType.Geometry) return 'RTREE'
  if (dataType === DataType.Timestamptz) return 'STL_SORT'
  return dataType === DataType.JSON ? 'INVERTED' : 'HYBRID'
}

type Check = (field: Field) => void

const checks: Readonly<Record<string, Check>> = {
  STL_SORT: checkSorted,
  TRIE: ({ dataType }) => {
    if (!isStringType(dataType)) throw invalidParams('TRIE are only supported on varchar field')
  },
  BITMAP: checkBitmap,
  INVERTED: checkInverted,
  HYBRID: (field) => {
    if (field.dataType !== DataType.Array && field.dataType !== DataType.Bool) checkInverted(field)
  },
  RTREE: ({ dataType }) => {
    if (dataType !== DataType.Geometry) {
      throw invalidParams('RTREE index can only be built on geometry field')
    }
  },
  NGRAM: ({ dataType }) => {
    if (dataType !== DataType.VarChar && dataType !== DataType.JSON) {
      throw invalidParams('Ngram index can only be created on VARCHAR or JSON field')
    }
  },
}

function checkSorted({ dataType }: Field): void {
  if (isNumeric(dataType) || isStringType(dataType) || dataType === DataType.Timestamptz) return
  throw invalidParams(
    `STL_SORT are only supported on numeric, varchar or timestamptz field, got ${dataTypeName(dataType)}`,
  )
}

function checkBitmap({ isPrimaryKey, dataType, elementType }: Field): void {
  if (isPrimaryKey) throw invalidParams('create bitmap index on primary key not supported')
  if (dataType === DataType.JSON) return
  if (dataType === DataType.Array ? hasFewValues(elementType) : hasFewValues(dataType)) return
  throw invalidParams(
    dataType === DataType.Array
      ? 'bitmap index are only supported on bool, int, string for array field'
      : 'bitmap index are only supported on bool, int, string and array field',
  )
}

function hasFewValues(dataType: DataType): boolean {
  return dataType === DataType.Bool || isIntegerType(dataType) || isStringType(dataType)
}

function checkInverted({ dataType }: Field): void {
  if (dataType === DataType.Bool || isNumeric(dataType) || isStringType(dataType)) return
  if (dataType === DataType.Array || dataType === DataType.JSON) return
  throw invalidParams(`INVERTED are not supported on ${dataTypeName(dataType)} field`)
}

function isNumeric(dataType: DataType): boolean {
  return isIntegerType(dataType) || isFloatingType(dataType)
}

function castOf(indexType: string, values: ReadonlyMap<string, string>): string {
  const cast = values.get('json_cast_type')?.trim().toUpperCase()
  if (!cast) throw missingParam('json_cast_type', 'json index must specify cast type')
  const casts = indexType === 'BITMAP' ? castsOfBitmap : castsOfPath
  if (!casts.includes(cast)) {
    const which = indexType === 'BITMAP' ? ' for BITMAP index' : ''
    throw invalidParams(`json_cast_type ${cast} is not supported${which}: invalid parameter`)
  }
  if (!values.has('json_path')) throw missingParam('json_path', 'json index must specify json path')
  checkCastFunction(values.get('json_cast_function'), cast)
  return cast
}

const castsOfBitmap = ['BOOL', 'VARCHAR']
const castsOfPath = [
  ...['BOOL', 'DOUBLE', 'VARCHAR'],
  ...['ARRAY_BOOL', 'ARRAY_DOUBLE', 'ARRAY_VARCHAR', 'JSON'],
]

function checkCastFunction(name: string | undefined, cast: string): void {
  if (name === undefined || (name === 'STRING_TO_DOUBLE' && cast === 'DOUBLE')) return
  const why = name === 'STRING_TO_DOUBLE' ? ` for json_cast_type ${cast}` : ''
  throw invalidParams(`json_cast_function ${name} is not supported${why}: invalid parameter`)
}

function unknownType(indexType: string): MillraceError {
  if (indexTypes[indexType])
    return invalidParams(`index ${indexType} only supports vector data type`)
  return new MillraceError(
    'parameterInvalid',
    `invalid parameter[expected=valid index][actual=invalid index type: ${indexType}]`,
  )
}

function missingParam(name: string, text: string): MillraceError {
  return invalidParams(`${text}: missing parameter[missing_param=${name}]`)
}

function invalidParams(text: string): MillraceError {
  return new MillraceError(
    'parameterInvalid',
    `${text}: invalid parameter[expected=valid index params][actual=invalid index params]`,
  )
}
