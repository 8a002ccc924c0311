import { z } from 'zod'
import { textUnder } from '../../../formats/text/json-body.js'
import { invalidParameter } from '../../../schema/invalid-parameter.js'
import { databaseNamed } from '../../database.js'
import { describedCollection } from '../../described-collection.js'
import { anything, text, texts } from '../body-shape.js'
import { listCollections } from '../collections.js'
import {
  deleteEntities,
  getEntities,
  insertEntities,
  queryEntities,
  upsertEntities,
} from '../entities.js'
import { searchEntities } from '../search.js'
import {
  createLegacyCollection,
  describeLegacyCollection,
  dropLegacyCollection,
} from './legacy-collections.js'
import { type LegacyRoute, legacyRoute, legacyRouteOf, parametersMissing } from './legacy-route.js'

const ofCollection = { dbName: text, collectionName: text }
const wholeNumber = z.number().int().nullish()
const collectionName = 'CollectionName'

const rowsShape = {
  schema: z.object({ ...ofCollection, data: anything }),
  required: { collectionName, data: 'Data' },
}

const keysShape = {
  schema: z.object({ ...ofCollection, outputFields: texts, id: anything }),
  required: { collectionName, id: 'ID' },
}

const queryShape = {
  schema: z.object({
    ...ofCollection,
    outputFields: texts,
    filter: text,
    limit: wholeNumber,
    offset: wholeNumber,
  }),
  required: { collectionName, filter: 'Filter' },
}

const searchShape = {
  schema: z.object({
    ...ofCollection,
    filter: text,
    limit: wholeNumber,
    offset: wholeNumber,
    outputFields: texts,
    params: z.record(z.string(), z.unknown()).nullish(),
    vector: anything,
  }),
  required: { collectionName, vector: 'Vector' },
}

/** A key or a filter. */
const deletion = legacyRouteOf(
  'POST',
  { schema: z.object({ ...ofCollection, filter: text, id: anything }), required: {} },
  '/entities/delete',
  async (engine, { collectionName, id, filter }, words, bodyText) => {
    if (collectionName === '' || (id === null && filter === '')) {
      throw parametersMissing('collectionName, id/filter')
    }
    await deleteEntities(engine, bodyText, words)
    return {}
  },
)

const upsertion = legacyRouteOf(
  'POST',
  rowsShape,
  '/entities/upsert',
  async (engine, body, words, bodyText) => {
    const dbName = databaseNamed(engine, body.dbName, words.dbName)
    const { schema } = describedCollection(engine, dbName, body.collectionName)
    if (schema.fields.some(({ isPrimaryKey, autoId }) => isPrimaryKey && autoId)) {
      throw invalidParameter(
        'cannot upsert an autoID collection: invalid parameter[expected=autoID: false][actual=autoID: true]',
      )
    }
    const { data } = await upsertEntities(engine, bodyText, words)
    return data
  },
)

type SearchBody = z.output<typeof searchShape.schema>

/** One query; its numbers are left as they were written. */
function searchBody(bodyText: string, { vector: _vector, params, ...body }: SearchBody): string {
  const more = JSON.stringify({ ...body, searchParams: params ?? {} })
  return `${more.slice(0, -1)},"data":[${textUnder(bodyText, 'vector')}]}`
}

/** What is answered below `/v1/vector`: Milvus's REST before v2, for clients that still speak it. */
export const legacyRoutes: ReadonlyMap<string, LegacyRoute> = new Map([
  [
    '/collections',
    legacyRoute(
      'GET',
      { schema: z.object({ dbName: text }), required: {} },
      '/collections/list',
      listCollections,
    ),
  ],
  ['/collections/describe', describeLegacyCollection],
  ['/collections/create', createLegacyCollection],
  ['/collections/drop', dropLegacyCollection],
  ['/insert', legacyRoute('POST', rowsShape, '/entities/insert', insertEntities)],
  ['/upsert', upsertion],
  ['/search', legacyRoute('POST', searchShape, '/entities/search', searchEntities, searchBody)],
  ['/get', legacyRoute('POST', keysShape, '/entities/get', getEntities)],
  ['/query', legacyRoute('POST', queryShape, '/entities/query', queryEntities)],
  ['/delete', deletion],
])
