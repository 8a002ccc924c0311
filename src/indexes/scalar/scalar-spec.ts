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
import { gramSizesOf } from './gram-spec.js'
import { invalidParams } from './invalid-params.js'
import type { GramSizes } from './value-index.js'

/** What an index on a field that holds no vectors is to be. */
export interface ScalarSpec {
  /** Milvus's name of what builds it; AUTOINDEX has been resolved. */
  readonly indexType: string
  /** Of a path in JSON documents: its text as given, empty for the whole document, and what its values are. */
  readonly json: JsonSpec | null
  /** Of an index over grams, how long they are. */
  readonly grams: GramSizes | null
  /** Whether its values are gathered; if not, filters look at every row. */
  readonly isBuilt: boolean
}

interface JsonSpec {
  readonly path: string
  readonly cast: string
  /** Whether texts that hold a number are among the numbers. */
  readonly readsTexts: boolean
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
  const isBuilt = gathered.includes(indexType)
  const grams = indexType === 'NGRAM' ? gramSizesOf(field, values) : null
  if (field.dataType !== DataType.JSON) return { indexType, json: null, grams, isBuilt }
  const json = {
    path: values.get('json_path') ?? '',
    cast: castOf(indexType, values),
    readsTexts: values.has('json_cast_function'),
  }
  return { indexType, json, grams, isBuilt }
}

/** All but one of them are the same structure, which chooses lists or bitmaps of rows value by value. */
const gathered = ['STL_SORT', 'TRIE', 'BITMAP', 'INVERTED', 'HYBRID', 'NGRAM', 'RTREE']

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
      throw invalidParams(
        'ngram index can only be created on VARCHAR or JSON field: invalid parameter',
      )
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
  const casts = castsOf[indexType] ?? castsOfPath
  if (!casts.includes(cast)) {
    const which = castsOf[indexType] ? ` for ${indexType} index` : ''
    throw invalidParams(`json_cast_type ${cast} is not supported${which}: invalid parameter`)
  }
  // Milvus: grams may be of whole documents.
  if (!values.has('json_path') && indexType !== 'NGRAM')
    throw missingParam('json_path', 'json index must specify json path')
  checkCastFunction(values.get('json_cast_function'), cast)
  return cast
}

const castsOf: Readonly<Record<string, readonly string[]>> = {
  BITMAP: ['BOOL', 'VARCHAR'],
  HYBRID: ['BOOL', 'DOUBLE', 'VARCHAR'],
}
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
