import { z } from 'zod'
import { MillraceError } from '../../errors.js'
import { elementTexts, memberTexts, rowsUnder, textUnder } from '../../formats/text/json-body.js'
import { type CollectionSchema, primaryKeyOf } from '../../schema/collection-schema.js'
import { DataType } from '../../schema/data-type.js'
import type { Field } from '../../schema/field.js'
import { describedCollection } from '../described-collection.js'
import { queryWindow } from '../grpc/search-params.js'
import { anything, exprParams, flag, text, texts } from './body-shape.js'
import type { OfCollection } from './collection-shapes.js'
import { filterValuesIn } from './filter-values.js'
import { type RowsRequest, rowsRoute } from './route.js'
import { keyValues, rowObjects } from './row-objects.js'

const ofCollection = { dbName: text, collectionName: text }

const dataShape = {
  name: 'CollectionDataReq',
  schema: z.object({ ...ofCollection, partitionName: text, data: anything }),
  required: { collectionName: 'CollectionName', data: 'Data' },
} as const

const upsertShape = { ...dataShape, schema: dataShape.schema.extend({ partialUpdate: flag }) }

export const insertEntities = rowsRoute(dataShape, async (request) => {
  const { engine, body, dbName, allowsInt64 } = request
  const rows = givenRows(request, true)
  const { collectionName, partitionName } = body
  const { ids, rowCount } = await engine.insert(dbName, collectionName, partitionName, rows)
  return { data: { insertCount: rowCount, insertIds: keyValues(ids, rowCount, allowsInt64) } }
})

export const upsertEntities = rowsRoute(upsertShape, async (request) => {
  const { engine, body, dbName, bodyText, allowsInt64 } = request
  const given = body.partialUpdate ? keysOfRows(bodyText) : null
  const rows = givenRows(request, false, given)
  const { collectionName, partitionName } = body
  const { ids, rowCount } = await engine.upsert(
    dbName,
    collectionName,
    partitionName,
    rows,
    body.partialUpdate ? new Map() : null,
  )
  return { data: { upsertCount: rowCount, upsertIds: keyValues(ids, rowCount, allowsInt64) } }
})

export const deleteEntities = rowsRoute(
  {
    name: 'CollectionFilterReq',
    schema: z.object({
      ...ofCollection,
      partitionName: text,
      filter: text,
      exprParams,
      id: anything,
    }),
    required: { collectionName: 'CollectionName' },
  },
  async (request) => {
    const { engine, body, dbName, bodyText } = request
    const { collectionName, partitionName } = body
    const filter = body.filter || keyFilter(request, schemaOf(request))
    const values = filterValuesIn(bodyText)
    const { rowCount } = await engine.delete(dbName, collectionName, partitionName, filter, values)
    return { data: { deleteCount: rowCount } }
  },
)

export const getEntities = rowsRoute(
  {
    name: 'CollectionIDReq',
    schema: z.object({
      ...ofCollection,
      partitionName: text,
      partitionNames: texts,
      outputFields: texts,
      id: anything,
    }),
    required: { collectionName: 'CollectionName', id: 'ID' },
  },
  async (request) => {
    const { engine, body, dbName, allowsInt64 } = request
    const { fields } = await engine.query({
      dbName,
      collectionName: body.collectionName,
      partitionNames: body.partitionName ? [body.partitionName] : body.partitionNames,
      filter: keyFilter(request, schemaOf(request)),
      outputFields: orAll(body.outputFields),
      limit: null,
      offset: 0,
    })
    return { data: rowObjects(fields, fields[0]?.rowCount ?? 0, allowsInt64) }
  },
)

const defaultLimit = 100

export const queryEntities = rowsRoute(
  {
    name: 'QueryReqV2',
    schema: z.object({
      ...ofCollection,
      partitionNames: texts,
      outputFields: texts,
      filter: text,
      exprParams,
      limit: z.number().int().nullish(),
      offset: z.number().int().nullish(),
    }),
    required: { collectionName: 'CollectionName' },
  },
  async ({ engine, body, dbName, bodyText, allowsInt64 }) => {
    const { collectionName, partitionNames, filter, outputFields } = body
    const limit = String(body.limit ?? defaultLimit)
    const window = queryWindow(
      new Map([
        ['limit', limit],
        ['offset', String(body.offset ?? 0)],
      ]),
    )
    const counts = outputFields.length === 1 && /^\s*count\(\*\)\s*$/i.test(outputFields[0])
    const { fields } = await engine.query({
      dbName,
      collectionName,
      partitionNames,
      filter,
      filterValues: filterValuesIn(bodyText),
      outputFields: orAll(outputFields),
      ...(counts ? { limit: null, offset: 0 } : window),
    })
    return { data: rowObjects(fields, fields[0]?.rowCount ?? 0, allowsInt64) }
  },
)

function orAll(outputFields: readonly string[]): readonly string[] {
  return outputFields.length > 0 ? outputFields : ['*']
}

function schemaOf({ engine, dbName, body }: RowsRequest<OfCollection>): CollectionSchema {
  return describedCollection(engine, dbName, body.collectionName).schema
}

/** The keys that the rows of a partial update have: what none of them has stays as it is. */
function keysOfRows(bodyText: string): ReadonlySet<string> {
  const data = textUnder(bodyText, 'data') ?? ''
  const rows = data.startsWith('[') ? elementTexts(data) : [data]
  const [first, ...others] = rows.map((row) => memberTexts(Buffer.from(row)).map(([key]) => key))
  const keys = new Set(first)
  const odd = others.findIndex(
    (row) => new Set(row).size !== keys.size || row.some((key) => !keys.has(key)),
  )
  if (odd < 0) return keys
  throw badRows(
    `data[${odd + 1}]: the rows of a partial update must have the same keys, expected ${[...keys].join(', ')}, got ${others[odd].join(', ')}`,
  )
}

/**
 * @param makesIds whether the server gives the keys that it can give: then none may come
 * @param given the keys that the rows have; null: rows are whole
 */
function givenRows(
  request: RowsRequest<OfCollection>,
  makesIds: boolean,
  given: ReadonlySet<string> | null = null,
) {
  const { engine, dbName, body, bodyText } = request
  const { schema, properties } = describedCollection(engine, dbName, body.collectionName)
  const takesIds = properties.some(
    ([key, value]) => key === 'allow_insert_auto_id' && value === 'true',
  )
  const isMade = ({ autoId, isFunctionOutput }: Field) =>
    isFunctionOutput || (autoId && makesIds && !takesIds)
  const isLeftOut = ({ name, isDynamic, isPrimaryKey, struct }: Field) =>
    given !== null && !isDynamic && !isPrimaryKey && !given.has(struct?.name ?? name)
  const fields = schema.fields.filter((field) => !isMade(field) && !isLeftOut(field))
  const rows = rowsOrError(bodyText, fields, schema.fields.filter(isMade))
  if (rows.unknownKeys.length === 0) return rows
  const keys = rows.unknownKeys.join(', ')
  throw badRows(`has pass more field without dynamic schema, please check it: ${keys}`)
}

function rowsOrError(bodyText: string, fields: readonly Field[], made: readonly Field[]) {
  try {
    return rowsUnder(bodyText, 'data', fields, made)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw badRows(error.message, error)
  }
}

function badRows(message: string, cause?: MillraceError): MillraceError {
  const text = `fail to deal the insert data, error: ${message}`
  return new MillraceError('restDataInvalid', text, cause?.place, cause)
}

/** The rows with the keys under `id`: one, or a list of them. Numbers may come as strings. */
function keyFilter({ bodyText }: RowsRequest<OfCollection>, schema: CollectionSchema): string {
  const pk = primaryKeyOf(schema)
  const given = textUnder(bodyText, 'id')
  const keys = given === null ? null : keysIn(pk, given)
  if (keys) return `${pk.name} in [${keys.join(',')}]`
  throw new MillraceError(
    'restKeyInvalid',
    `please check the primary key and its' type can only in [int, string], error: expected the key '${pk.name}' or a list of them under "id", got ${given ?? 'none'}`,
  )
}

function keysIn(pk: Field, given: string): string[] | null {
  const list = given.startsWith('[') ? given.slice(1, -1) : given
  if (list.trim() === '') return []
  if (pk.dataType === DataType.Int64) {
    const keys = list.split(',').map((key) => key.trim().replace(/^"(.*)"$/, '$1'))
    return keys.every((key) => /^-?\d{1,19}$/.test(key)) ? keys : null
  }
  const keys: unknown[] = JSON.parse(`[${list}]`)
  return keys.every((key) => typeof key === 'string')
    ? keys.map((key) => JSON.stringify(key))
    : null
}
